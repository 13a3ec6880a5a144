import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from message.consumers import ChatConsumer, CustomersConsumer  # noqa: E402
from message.token_auth import TokenAuth  # noqa: E402

sockets = URLRouter(
    [
        path("ws/customers/", CustomersConsumer.as_asgi()),
        re_path(r"^ws/chat/(?P<conversation_id>\w+)/$", ChatConsumer.as_asgi()),
    ]
)
application = ProtocolTypeRouter({"http": http, "websocket": AllowedHostsOriginValidator(TokenAuth(sockets))})
