"""Five hundred things that a hostile shop may type into a field; each that runs counts itself."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from urllib.parse import quote

HIT = "top.hits=(top.hits||0)+1"

MARKUP = [
    f"<script>{HIT}</script>",
    f"<img src=x onerror={HIT}>",
    f"<img/src=x/onerror={HIT}>",
    f"<IMG SRC=x OnErRoR={HIT}>",
    f"<svg onload={HIT}>",
    f"<svg><script>{HIT}</script></svg>",
    f"<svg><animate onbegin={HIT} attributeName=x dur=1s>",
    f"<svg><set onbegin={HIT} attributeName=x to=0>",
    f"<svg><image href=x onerror={HIT} /></svg>",
    f"<body onload={HIT}>",
    f"<iframe srcdoc='<script>{HIT}</script>'></iframe>",
    f"<iframe src='javascript:{HIT}'></iframe>",
    f"<iframe onload={HIT}></iframe>",
    f"<object data='javascript:{HIT}'></object>",
    f"<embed src='javascript:{HIT}'>",
    f"<video><source onerror={HIT}></video>",
    f"<video src=x onerror={HIT}></video>",
    f"<audio src=x onerror={HIT}></audio>",
    f"<input autofocus onfocus={HIT}>",
    f"<details open ontoggle={HIT}><summary>x</summary></details>",
    f"<style onload={HIT}>a{{}}</style>",
    f"<link rel=stylesheet href='data:text/css,a{{}}' onload={HIT}>",
    f"<marquee onstart={HIT}>x</marquee>",
    f"<math><mtext></mtext><mglyph><style><img src=x onerror={HIT}></style></mglyph></math>",
    f"<form><button autofocus onfocus={HIT}>x</button></form>",
    f"<template><img src=x onerror={HIT}></template>",
    f"<a href='javascript:{HIT}'>x</a>",
    f"<p style='animation:x 1s' onanimationstart={HIT}>x</p>",
    f"{{{{constructor.constructor('{HIT}')()}}}}",
    f"${{{HIT}}}",
]
ADDRESSES = [
    f"javascript:{HIT}", f"JAVASCRIPT:{HIT}", f" javascript:{HIT}", f"java\tscript:{HIT}",
    f"java\nscript:{HIT}", f"\x01javascript:{HIT}", f"javascript://x/%0a{HIT}",
    f"javascript:/*--></title></style>*/{HIT}", f"data:text/html,<script>{HIT}</script>",
    f"data:image/svg+xml,<svg onload={HIT}>", f"vbscript:{HIT}", "http://evil.example/",
    "https://bank.example@evil.example/", "blob:https://evil.example/1", "file:///etc/passwd",
]
WRAPPED: list[Callable[[str], str]] = [
    lambda evil: evil,
    lambda evil: f'">{evil}',
    lambda evil: f"'>{evil}",
    lambda evil: f"</title></textarea></style></script>{evil}",
    lambda evil: f"--><!-->{evil}",
    lambda evil: f"]]>{evil}",
    lambda evil: f"`{evil}`",
    lambda evil: f"\u202e{evil}\u2066",
    lambda evil: f"\x00{evil}\u2028{evil}",
    lambda evil: f"{{}}{evil}$&$1$$",
    lambda evil: evil.replace(" ", "\t\n"),
    lambda evil: evil.replace("=", " = "),
    lambda evil: escape(evil),
    lambda evil: escape(escape(evil)),
    lambda evil: quote(evil),
    lambda evil: f"{evil}{'a' * 300}",
    lambda evil: f"\\x3c{evil}\\u003e",
]

PAYLOADS: list[str] = list(dict.fromkeys([*ADDRESSES, *(
    wrap(evil) for wrap in WRAPPED for evil in (*MARKUP, ADDRESSES[0]))]))[:500]
