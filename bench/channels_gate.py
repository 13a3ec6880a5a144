# The gate of a Django Channels service as it is usually written, for gates.mjs: a list of banned addresses and a count of connects in the cache
# (django-redis), a JWT in the URL, and the user by the ORM.
import os
from urllib.parse import parse_qs

import django
import jwt
from django.conf import settings

settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["channels"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": "127.0.0.1",
            "USER": "postgres",
            "NAME": os.environ["DB_NAME"],
            "CONN_MAX_AGE": 60,
        }
    },
    CACHES={"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": os.environ["REDIS_URL"]}},
)
django.setup()

from asgiref.sync import sync_to_async  # noqa: E402
from channels.db import database_sync_to_async  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import models  # noqa: E402


class User(models.Model):
    id = models.TextField(primary_key=True)
    is_active = models.BooleanField()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "accounts_user"


@sync_to_async
def is_banned(address):
    return cache.get(f"blacklist_{address}") is not None


@sync_to_async
def is_limited(user_id):
    key = f"connects_{user_id}"
    cache.add(key, 0, 60)
    return cache.incr(key) > 1_000_000_000


@database_sync_to_async
def find_user(user_id):
    return User.objects.filter(id=user_id, is_active=True).first()


class Gate:
    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        if await is_banned(scope["client"][0]):
            return await send({"type": "websocket.close", "code": 1008})
        token = parse_qs(scope["query_string"].decode()).get("token", [""])[0]
        try:
            claims = jwt.decode(token, settings.SECRET_KEY, algorithms=["HS512"])
        except jwt.InvalidTokenError:
            return await send({"type": "websocket.close", "code": 4001})
        user = await find_user(claims["user_id"])
        if user is None or await is_limited(user.id):
            return await send({"type": "websocket.close", "code": 4001})
        return await self.inner({**scope, "user": user}, receive, send)


class Consumer(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data or "")


application = ProtocolTypeRouter({"websocket": Gate(Consumer.as_asgi())})
