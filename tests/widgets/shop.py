"""A shop page and a hub on two loopback ports, so that the browser sees two origins as in life."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "alliance" / "web" / "static" / "built"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
         ".html": "text/html; charset=utf-8"}

ASKED = ("/embed/v1/slate", "/embed/v1/article", "/embed/v1/bundle")

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Hub:
    """Plays the hub's embed endpoints from the built files and keeps what it was asked and told."""

    answer: dict[str, Any] | Callable[[str, dict[str, str]], Any] | None
    asked: list[dict[str, str]] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    vitals: list[dict[str, Any]] = field(default_factory=list)
    claimed: list[dict[str, Any]] = field(default_factory=list)
    claims: tuple[int, Any] | Callable[[dict[str, Any]], tuple[int, Any]] = (503, {})
    fetched: list[str] = field(default_factory=list)
    origin: str = ""
    answering: threading.Event = field(default_factory=threading.Event)
    told: threading.Event = field(default_factory=threading.Event)
    measured: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.answering.set()

    def heard(self, number: int, seconds: int = 5) -> bool:
        """Whether so many samples of field metrics come in, waiting for the last of them."""
        with self.measured:
            return self.measured.wait_for(lambda: len(self.vitals) >= number, seconds)

    def reply(self, method: str, path: str, body: bytes) -> Answer:
        """What `path` gets; a hub with no answer to give is down: 503."""
        open_to_all = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}
        url = urlsplit(path)
        self.fetched.append(url.path)
        if method == "POST" and url.path == "/embed/v1/seen":
            self.seen.append(json.loads(body))
            self.told.set()
            return 204, open_to_all, b""
        if method == "POST" and url.path == "/embed/v1/vitals":
            with self.measured:
                self.vitals.append(json.loads(body))
                self.measured.notify_all()
            self.told.set()
            return 204, open_to_all, b""
        if method == "POST" and url.path == "/embed/v1/claims":
            self.claimed.append(json.loads(body))
            status, told = (self.claims(self.claimed[-1]) if callable(self.claims)
                            else self.claims)
            return status, open_to_all, json.dumps(told).encode()
        if url.path in ASKED:
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            self.asked.append(asked)
            self.answering.wait(10)
            if self.answer is None:
                return 503, open_to_all, b""
            told = self.answer(url.path, asked) if callable(self.answer) else self.answer
            return 200, open_to_all, json.dumps(told).encode()
        if url.path.startswith("/pictures/"):
            return 200, {"Content-Type": TYPES[".svg"]}, picture(url.path)
        if url.path == "/embed/v1.js":
            return 200, {**open_to_all, "Content-Type": TYPES[".js"]}, built("embed.js")
        file = BUILT / url.path.lstrip("/")
        if url.path.startswith("/embed/") and file.is_file():
            return 200, {**open_to_all, "Content-Type": TYPES[".js"]}, file.read_bytes()
        return 404, {}, b""


@dataclass
class Shop:
    """A shop's pages by path, each sent with the shop's own content security policy."""

    pages: dict[str, str]
    policy: str = ""
    origin: str = ""

    def heard(self, number: int, seconds: int = 5) -> bool:
        """Whether so many samples of field metrics come in, waiting for the last of them."""
        with self.measured:
            return self.measured.wait_for(lambda: len(self.vitals) >= number, seconds)

    def reply(self, method: str, path: str, body: bytes) -> Answer:
        """The page, or a built file (for the hub's own pages), or nothing."""
        page = self.pages.get(urlsplit(path).path)
        headers = {"Content-Security-Policy": self.policy} if self.policy else {}
        if page is not None:
            return 200, {**headers, "Content-Type": TYPES[".html"]}, page.encode()
        file = BUILT / path.removeprefix("/static/built/")
        if path.startswith("/static/built/") and file.is_file():
            return 200, {**headers, "Content-Type": TYPES[file.suffix]}, file.read_bytes()
        return 204, headers, b""


def serve(site: Hub | Shop) -> Callable[[], None]:
    """Answer on a free loopback port until the returned function is called."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(*site.reply("GET", self.path, b""))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._send(*site.reply("POST", self.path, body))

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                # The page gave up waiting, as it should.
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Requests are kept by the site; the terminal stays quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    site.origin = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()

    def stop() -> None:
        server.shutdown()
        thread.join()
        server.server_close()

    return stop


def manifest() -> dict[str, dict[str, Any]]:
    """The built files by logical name."""
    found: dict[str, dict[str, Any]] = json.loads((BUILT / "manifest.json").read_text())
    return found


def built(name: str) -> bytes:
    """The bytes of a built file by its logical name."""
    return (BUILT / str(manifest()[name]["file"])).read_bytes()


def offer(number: int, hub: str = "", **changed: Any) -> dict[str, Any]:
    """One offer as the hub would answer it."""
    titles = ["Kindling wooden rattle with beech rings and a very soft bell inside, made in Cēsis",
              "Calm Meadow shower gel", "竹纤维婴儿洗澡浴巾", "Hand-knitted cap",
              "Photo session at home", "Early-learning blocks"]
    return {
        "offer": f"prd_{number}", "title": titles[number % len(titles)],
        "image": f"{hub}/pictures/{number}.svg",
        "price": {"minor": 1290 + number * 410, "currency": "EUR",
                  "text": f"€{(1290 + number * 410) / 100:.2f}"},
        "seller": ["Calm Meadow", "Zhang's Workshop", "小王洗护"][number % 3],
        "reason": ["complements", "bought_together", "popular", ""][number % 4],
        "href": f"{hub}/go/token{number}", **changed,
    }


def slate(hub: str, count: int = 4) -> dict[str, Any]:
    """An answer with `count` offers."""
    return {"slate": "slt_1", "label": "ignored", "offers": [offer(n, hub) for n in range(count)]}


def picture(path: str) -> bytes:
    """A product picture of a plain kind, its colour by its number."""
    hue = int("".join(filter(str.isdigit, path)) or 0) * 67 + 30
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 320">'
            f'<rect width="320" height="320" fill="hsl({hue} 38% 88%)"/>'
            f'<circle cx="160" cy="150" r="72" fill="hsl({hue} 42% 66%)"/>'
            f'<rect x="96" y="196" width="128" height="64" rx="20" fill="hsl({hue} 36% 52%)"/>'
            f"</svg>").encode()
