from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs

import jwt
from channels.db import database_sync_to_async
from django.conf import settings

from accounts.models import User


@database_sync_to_async
def find_user(user_id):
    return User.objects.filter(id=user_id, is_active=True).first()


async def user_of(token):
    try:
        claims = jwt.decode(token, settings.SECRET_KEY, algorithms=["HS512"])
        created_at = datetime.strptime(claims["created_at"], "%Y-%m-%d %H:%M:%S %z")
    except (jwt.InvalidTokenError, KeyError, ValueError):
        return None
    too_old = datetime.now(timezone.utc) - created_at > timedelta(days=settings.ACCESS_TTL_DAYS)
    return None if too_old or claims.get("type") != "access" else await find_user(claims["user_id"])


class TokenAuth:
    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        token = parse_qs(scope["query_string"].decode()).get("token", [""])[0]
        user = await user_of(token)
        if user is None:
            return await send({"type": "websocket.close", "code": 1008})
        return await self.inner({**scope, "user": user}, receive, send)
