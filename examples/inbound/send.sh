#!/bin/sh
# send.sh <url> <message id> <customer id> <content without quotes or backslashes>
body="{\"message\":{\"id\":\"$2\",\"content\":\"$4\"},\"customer\":{\"id\":\"$3\",\"firstName\":\"Emma\"}}"
id="$(date +%s%N)"
timestamp="$(date +%s)"
signature="$(printf '%s' "$id.$timestamp.$body" | openssl dgst -sha256 -hmac "$CONNECTOR_SECRET" -binary | openssl base64 -A)"
curl -sS -m 10 -w ' %{http_code}\n' "$1" --data-binary "$body" \
  -H "webhook-id: $id" -H "webhook-timestamp: $timestamp" -H "webhook-signature: v1,$signature"
