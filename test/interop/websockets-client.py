"""Knocks with Debian's websockets and prints, as JSON, the version and the first frames that each carrier is answered with."""
import asyncio
import inspect
import json
import sys

import websockets

try:
    from websockets.asyncio.client import connect
except ImportError:
    connect = websockets.connect

# Releases before 14 call the argument extra_headers.
HEADERS = "additional_headers" if "additional_headers" in inspect.signature(connect.__init__ if inspect.isclass(connect) else connect).parameters else "extra_headers"


async def knock(url, token, carrier, count):
    options = {}
    if carrier == "header":
        options[HEADERS] = {"Authorization": f"Bearer {token}"}
    elif carrier == "subprotocol":
        options["subprotocols"] = ["sallyport.v1", f"sallyport.bearer.{token}"]
    else:
        url = f"{url}?token={token}"
    async with connect(url, **options) as socket:
        frames = [json.loads(await asyncio.wait_for(socket.recv(), 15)) for _ in range(count)]
        await socket.ping()
        return {"subprotocol": socket.subprotocol, "frames": frames}


async def refusal(url):
    try:
        async with connect(url):
            return None
    except Exception as error:
        response = getattr(error, "response", None)
        return response.status_code if response is not None else getattr(error, "status_code", 0)


async def main():
    asked = json.load(sys.stdin)
    url, token = asked["url"], asked["token"]
    answers = {carrier: await knock(url, token, carrier, count) for carrier, count in asked["carriers"].items()}
    print(json.dumps({"version": websockets.__version__, "answers": answers, "refused": await refusal(url)}))


if __name__ == "__main__" and sys.argv[1:] == ["--version"]:
    print(websockets.__version__)
elif __name__ == "__main__":
    asyncio.run(main())
