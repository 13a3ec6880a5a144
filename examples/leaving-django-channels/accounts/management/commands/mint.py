from datetime import datetime, timezone

import jwt
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Prints an access token of a user."

    def add_arguments(self, parser):
        parser.add_argument("user_id")

    def handle(self, *args, user_id, **options):
        created_at = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S %z")
        claims = {"user_id": user_id, "created_at": created_at, "type": "access"}
        self.stdout.write(jwt.encode(claims, settings.SECRET_KEY, algorithm="HS512"))
