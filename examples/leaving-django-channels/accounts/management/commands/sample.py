from django.core.management.base import BaseCommand

from accounts.models import User
from message.models import Conversation, Customer, Message


class Command(BaseCommand):
    help = "Makes three users, the first of them with customers who have written."

    def handle(self, *args, **options):
        for number in (1, 2, 3):
            User.objects.get_or_create(id=number, defaults={"email": f"user{number}@app.example"})
        for number in range(1, 13):
            customer, _ = Customer.objects.get_or_create(source_id=f"sample-{number}", defaults={"first_name": f"مشتری {number}"})
            conversation, made = Conversation.objects.get_or_create(
                id=f"abcd{number:02}", defaults={"user_id": 1, "customer": customer, "title": f"unknown - {number}"}
            )
            if made:
                Message.objects.create(id=f"m{number:05}", conversation=conversation, customer=customer, content="سلام")
