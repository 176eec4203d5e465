"""What a store says is shown in other stores: it arrives there as plain text only (T16)."""

from __future__ import annotations

import pytest

from alliance.connect.plain_text import plain


@pytest.mark.parametrize(("sent", "shown"), [
    ("Newborn hat, undyed", "Newborn hat, undyed"),
    ('Swaddle "Süßer Traum" – Größe 1', 'Swaddle "Süßer Traum" – Größe 1'),
    ("婴儿连体衣 &amp; 帽子", "婴儿连体衣 & 帽子"),
    ("<b>Hat</b><br>soft", "Hat soft"),
    ("<scr<script>ipt>alert(1)</scr</script>ipt>", "alert(1)"),
    ("&lt;img src=x onerror=alert(1)&gt;Hat", "Hat"),
    ("<img src=x onerror=alert(1)", "img src=x onerror=alert(1)"),
    ("5 < 6", "5 6"),
    ("a\u202egnp.exe", "agnp.exe"),
    ("\u2066left\u2069 \u200fright\ufeff", "left right"),
    ("zero\x00width\u200b", "zerowidth"),
    ("line\none\ttwo\u2028three", "line one two three"),
    ("lone \ud83d half", "lone half"),
    ("e\u0301", "é"),
    ("👩\u200d🍼", "👩\u200d🍼"),
    ("   ", ""),
])
def test_markup_controls_and_directions_do_not_survive(sent: str, shown: str) -> None:
    assert plain(sent) == shown


def test_a_text_is_cut_at_its_limit() -> None:
    assert plain("x" * 500) == "x" * 200
    assert plain("<" * 100_000) == ""
