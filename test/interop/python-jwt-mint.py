"""Mints tokens with PyJWT for python-jwt.test.ts: JSON with the time and one PEM per asymmetric case on stdin, JSON with the tokens on stdout."""

import datetime
import json
import sys

import jwt

ask = json.load(sys.stdin)
now = ask["now"]
secret = ask["secret"]
created = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)

classic = {"user_id": "7", "created_at": created.strftime("%Y-%m-%d %H:%M:%S %z"), "type": "access"}
simple = {"token_type": "access", "exp": created + datetime.timedelta(minutes=5), "iat": created, "jti": "0af1c2", "user_id": 7}
standard = {"sub": "7", "iat": created, "exp": created + datetime.timedelta(minutes=5), "aud": ["gate"], "iss": "https://issuer.example"}

tokens = {
    "classic": jwt.encode(classic, secret, algorithm="HS512"),
    "classicRefresh": jwt.encode({**classic, "type": "refresh", "access": jwt.encode(classic, secret, algorithm="HS512")}, secret, algorithm="HS512"),
    "simplejwt": jwt.encode(simple, secret, algorithm="HS512"),
    "simplejwtRefresh": jwt.encode({**simple, "token_type": "refresh"}, secret, algorithm="HS512"),
}
for algorithm, pem in ask["privateKeys"].items():
    tokens[algorithm] = jwt.encode(standard, pem, algorithm=algorithm, headers={"kid": algorithm.lower()})

json.dump({"version": jwt.__version__, "tokens": tokens}, sys.stdout)
