from django.db import models


class Customer(models.Model):
    first_name = models.CharField(max_length=100, null=True)
    source = models.CharField(max_length=20, default="unknown")
    source_id = models.CharField(max_length=90, null=True, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class Conversation(models.Model):
    id = models.CharField(max_length=10, primary_key=True)
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=100)
    status = models.CharField(max_length=20, default="active")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class Message(models.Model):
    id = models.CharField(max_length=10, primary_key=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, null=True)
    type = models.CharField(max_length=20, default="customer")
    content = models.TextField()
    is_answered = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
