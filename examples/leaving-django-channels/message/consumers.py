import secrets

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.utils import timezone

from .models import Conversation, Customer, Message


def now():
    return timezone.now().isoformat()


def message_item(message):
    return {"id": message.id, "content": message.content, "type": message.type, "conversation_id": message.conversation_id,
            "is_answered": message.is_answered, "created_at": message.created_at.isoformat()}


class CustomersConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self):
        await self.accept()
        await self.send_json({"type": "connection_established", "message": "Connected", "timestamp": now()})
        await self.send_json(await self.page({}))

    async def receive_json(self, content, **kwargs):
        if content.get("type", "get_customers") in ("get_customers", "refresh_customers", "filter_customers"):
            await self.send_json(await self.page(content.get("filters") or {}))

    @database_sync_to_async
    def page(self, filters):
        size = min(int(filters.get("page_size", 10)), 500)
        number = max(int(filters.get("page", 1)), 1)
        offset = (number - 1) * size
        mine = Customer.objects.filter(conversations__user=self.scope["user"]).distinct().order_by("-created_at", "-id")
        count = mine.count()
        rows = [self.item(customer) for customer in mine.prefetch_related("conversations")[offset:offset + size]]
        pagination = {"count": count, "page_count": len(rows), "page_size": size, "page": number, "total_pages": max(1, -(-count // size)),
                      "has_next": offset + size < count, "has_previous": offset > 0, "offset": offset, "limit": size}
        return {"type": "customers_list", "customers": rows, "pagination": pagination, "filters": filters, "count": count,
                "page_count": len(rows), "timestamp": now()}

    def item(self, customer):
        # One query for each conversation, as such services grow them.
        return {"id": customer.id, "first_name": customer.first_name, "source": customer.source, "source_id": customer.source_id,
                "created_at": customer.created_at.isoformat(), "updated_at": customer.updated_at.isoformat(), "tags": [], "data": {},
                "conversations": [{"id": each.id, "title": each.title, "status": each.status,
                                   "unread_count": each.messages.filter(type="customer", is_answered=False).count()}
                                  for each in customer.conversations.all() if each.user_id == self.scope["user"].id]}


class ChatConsumer(AsyncJsonWebsocketConsumer):
    group = None

    async def connect(self):
        self.conversation_id = self.scope["url_route"]["kwargs"]["conversation_id"]
        if not await self.is_mine():
            return await self.close(code=1008)
        self.group = f"chat_{self.conversation_id}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        await self.send_json({"type": "connection_established", "message": "Connected", "conversation_id": self.conversation_id, "timestamp": now()})
        await self.send_json({"type": "recent_messages", "messages": await self.recent(), "timestamp": now()})

    async def disconnect(self, code):
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content, **kwargs):
        if content.get("type", "chat_message") != "chat_message":
            return
        text = content.get("content", "").strip()
        if not text:
            return await self.send_json({"type": "error", "error": "Message content cannot be empty"})
        await self.channel_layer.group_send(self.group, {"type": "chat_message", "message": await self.store(text)})

    async def chat_message(self, event):
        await self.send_json({"type": "chat_message", "message": event["message"], "external_send_result": {"success": True}})

    @database_sync_to_async
    def is_mine(self):
        return Conversation.objects.filter(id=self.conversation_id, user=self.scope["user"]).exists()

    @database_sync_to_async
    def recent(self):
        newest = Message.objects.filter(conversation_id=self.conversation_id).order_by("-created_at")[:50]
        return [message_item(message) for message in reversed(newest)]

    @database_sync_to_async
    def store(self, text):
        message = Message.objects.create(id=secrets.token_hex(3), conversation_id=self.conversation_id, type="support", content=text)
        Conversation.objects.filter(id=self.conversation_id).update(updated_at=timezone.now())
        return message_item(message)
