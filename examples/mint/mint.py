import os, sys, time
import jwt  # Debian: python3-jwt, elsewhere: PyJWT
now = int(time.time())
claims = {"sub": sys.argv[1], "iat": now, "exp": now + 900}
print(jwt.encode(claims, os.environ["TOKEN_SECRET"], algorithm="HS512"))
