"""What reviewers of plugins look for, as rules over a file's pieces: each tells what breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tests.plugin.php import (
    SLUG,
    Piece,
    around,
    calls,
    functions,
    inside,
    literal,
    pieces,
    split,
    until,
)

ESCAPES = {"esc_html", "esc_attr", "esc_url", "esc_url_raw", "esc_html__", "esc_attr__",
           "esc_textarea", "wp_kses", "wp_kses_post", "wp_json_encode", "checked", "selected"}
"""`checked` and `selected` answer with a literal of WordPress's own."""

SANITIZERS = {"sanitize_text_field", "sanitize_key", "absint", "map_deep"}
LOOKS = {"isset", "empty", "is_string"}
NEVER_READ = {"$_REQUEST", "$_FILES", "$_SESSION", "$_ENV"}
SUPERGLOBALS = {"$_GET", "$_POST", "$_COOKIE", "$_SERVER"} | NEVER_READ
RIGHTS = {"alliance_check_right", "current_user_can"}
SAYS = {"__": 2, "_e": 2, "_x": 3, "_ex": 3, "_n": 4, "_nx": 5, "esc_html__": 2, "esc_html_e": 2,
        "esc_attr__": 2, "esc_attr_e": 2, "esc_html_x": 3, "esc_attr_x": 3}
"""Functions that say something, and which argument is the text domain."""

FORBIDDEN = {
    "eval", "create_function", "base64_decode", "gzinflate", "str_rot13", "assert", "unserialize",
    "extract", "exec", "system", "passthru", "shell_exec", "popen", "proc_open", "fopen", "fwrite",
    "file_put_contents", "file_get_contents", "readfile", "fsockopen", "stream_socket_client",
    "curl_init", "wp_remote_get", "wp_remote_post", "wp_remote_head", "wp_remote_request",
    "query_posts", "_e", "printf", "vprintf", "print", "print_r", "var_dump", "error_log",
    "error_reporting", "ini_set", "set_time_limit", "die", "move_uploaded_file",
}
NEW_FUNCTIONS = {"str_contains", "str_starts_with", "str_ends_with", "get_debug_type",
                 "array_is_list", "fdiv", "preg_last_error_msg", "array_find", "json_validate"}
DECLARED = {"function": "alliance_", "const": "ALLIANCE_", "class": "Alliance_",
            "interface": "Alliance_", "trait": "Alliance_"}
SHARED_WORDS = {"DONOTCACHEPAGE"}
"""Constants that belong to nobody: page caches read them."""

NAMED = {"update_option": "alliance_", "delete_option": "alliance_", "add_option": "alliance_",
         "set_transient": "alliance_", "apply_filters": "alliance_", "do_action": "alliance_",
         "add_shortcode": "alliance", "wp_register_script": "alliance-",
         "wp_enqueue_script": "alliance-", "wp_register_style": "alliance-",
         "wp_enqueue_style": "alliance-", "wp_localize_script": "alliance-"}

Rule = Callable[[str], list[str]]


def unescaped(source: str) -> list[str]:
    """What is printed without having been escaped on the way."""
    parts = pieces(source)
    found = [f"{part.line}: {part.text}" for part in parts if part.text in ("<?=", "?>", "<<<")]
    for at, part in enumerate(parts):
        if part.text in ("echo", "print") and part.kind == "word":
            for said in split(until(parts, at + 1, ";"), ","):
                found += _raw(said)
    return found


def unclean(source: str) -> list[str]:
    """What comes from outside and is used before it was unslashed and sanitized."""
    parts, found = pieces(source), []
    for at, part in enumerate(parts):
        if part.text not in SUPERGLOBALS:
            continue
        names = set(around(parts, at))
        written = parts[at + 1].text == "[" and _is_set(parts, at + 1)
        clean = names & LOOKS or ("wp_unslash" in names and names & SANITIZERS)
        if part.text in NEVER_READ or not (written or clean):
            found.append(f"{part.line}: {part.text}")
    return found


def unguarded(source: str) -> list[str]:
    """Handlers of buttons and of the REST interface that anybody could press."""
    parts, found = pieces(source), []
    bodies = {each.name: [part.text for part in each.body] for each in functions(parts)}
    for call in calls(parts):
        name = literal(call.arguments[0]) if call.arguments else None
        if call.name == "register_rest_route":
            found += _open_routes(call.arguments[2])
        if call.name != "add_action" or not re.match(r"admin_post_|wp_ajax_", name or ""):
            continue
        first = set(bodies.get(literal(call.arguments[1]) or "", [])[:10])
        asks = "check_admin_referer" in first and first & RIGHTS
        if "nopriv" in (name or "") or not asks:
            found.append(f"{call.line}: {name}")
    for at, part in enumerate(parts[:-2]):
        if part.text == "'permission_callback'" and parts[at + 2].text == "'__return_true'":
            found.append(f"{part.line}: a route for everybody")
    return found


def unprefixed(source: str) -> list[str]:
    """Names in the space that all plugins share and that could be another's."""
    parts, found = pieces(source), []
    for at, part in enumerate(parts[:-1]):
        name, is_named = parts[at + 1].text, parts[at + 1].kind == "word"
        begins = DECLARED.get(part.text)
        if begins and is_named and parts[at - 1].text != "::" and not name.startswith(begins):
            found.append(f"{part.line}: {part.text} {name}")
    for call in calls(parts):
        name = (literal(call.arguments[0]) if call.arguments else None) or ""
        if call.name == "define" and name not in SHARED_WORDS and not name.startswith("ALLIANCE_"):
            found.append(f"{call.line}: define {name}")
        if name and not call.of and not name.startswith(NAMED.get(call.name, "")):
            found.append(f"{call.line}: {call.name} {name}")
    return found + _loose_variables(parts)


def foreign_domain(source: str) -> list[str]:
    """Texts that are looked up in another plugin's translations, or that cannot be gathered."""
    found = []
    for call in calls(pieces(source)):
        if call.name in SAYS and not call.of:
            domain = literal(call.arguments[-1]) if len(call.arguments) == SAYS[call.name] else None
            if domain != SLUG or literal(call.arguments[0]) is None:
                found.append(f"{call.line}: {call.name}")
    return found


def open_file(source: str) -> list[str]:
    """A file that runs when its address is asked for, outside of WordPress."""
    guard = [part.text for part in pieces("defined( 'ABSPATH' ) || exit;")]
    texts = [part.text for part in pieces(source)]
    others = [part.text for part in pieces("defined( 'WP_UNINSTALL_PLUGIN' ) || exit;")]
    begin = 1 + len(others) * (texts[1:1 + len(others)] == others)
    return [] if texts[begin:begin + len(guard)] == guard else ["no guard before anything else"]


def forbidden(source: str) -> list[str]:
    """Calls that no plugin needs: code out of text, files, the network past WordPress."""
    parts = pieces(source)
    found = [f"{call.line}: {call.name}" for call in calls(parts)
             if call.name.lstrip("\\") in FORBIDDEN and not call.of]
    for at, part in enumerate(parts):
        if part.text in ("include", "include_once", "require", "require_once") \
                and parts[at + 1].text != "__DIR__":
            found.append(f"{part.line}: {part.text} of another place")
        if part.text == "`" or (part.kind == "text" and re.search(r"<script|<iframe", part.text)):
            found.append(f"{part.line}: {part.text}")
    return found


def remote_script(source: str) -> list[str]:
    """Scripts and styles that do not come with the plugin."""
    found = []
    for call in calls(pieces(source)):
        sends = re.fullmatch(r"wp_(register|enqueue)_(script|style)", call.name)
        if sends and len(call.arguments) > 1:
            names = [part.text for part in call.arguments[1]]
            if names[:1] != ["plugins_url"]:
                found.append(f"{call.line}: {call.name}")
    return found


def unprepared(source: str) -> list[str]:
    """Questions to the database whose values are part of the question's text."""
    found = []
    for call in calls(pieces(source)):
        if call.of != "$wpdb->":
            continue
        first = [part.text for part in call.arguments[0]] if call.arguments else []
        asks = call.name in {"query", "get_var", "get_row", "get_col", "get_results"}
        if asks and first[:3] != ["$wpdb", "->", "prepare"]:
            found.append(f"{call.line}: {call.name}")
        is_fixed = literal(call.arguments[0]) is not None and first[0].startswith("'")
        if call.name == "prepare" and not is_fixed:
            found.append(f"{call.line}: prepare of a text that is put together")
    return found


def too_new(source: str) -> list[str]:
    """Syntax and functions that PHP 7.4 does not have."""
    parts, found = pieces(source), []
    for at, part in enumerate(parts[:-1]):
        after, before = parts[at + 1].text, parts[at - 1].text if at else ""
        is_name = part.kind == "word" and before in ("(", ",") and after == ":"
        is_new_word = (part.text in ("match", "readonly", "enum", "mixed", "never")
                       and before not in ("->", "::", "function") and part.kind == "word"
                       and (after == "(" if part.text == "match" else True))
        is_promoted = part.text in ("private", "protected", "public") and before in ("(", ",")
        is_callable = part.text == "..." and after == ")" and before == "("
        if part.text in ("?->", "#[") or is_name or is_new_word or is_promoted or is_callable:
            found.append(f"{part.line}: {part.text}")
        if part.text == "throw" and before not in (";", "{", "}", ":"):
            found.append(f"{part.line}: throw within an expression")
        if part.text == "function":
            found += _new_signature(parts, at)
    called = [call for call in calls(parts) if call.name in NEW_FUNCTIONS]
    return found + [f"{call.line}: {call.name}" for call in called]


def _raw(said: list[Piece]) -> Iterator[str]:
    """The parts of a printed sum that are neither literal nor escaped."""
    for part in split(said, "."):
        if len(part) == 1 and part[0].kind == "text" and not (
                part[0].text[0] == '"' and "$" in part[0].text):
            continue
        if part[0].text == "(" and part[-1].text == ")" and len(split(part[1:-1], "?")) == 2:
            branches = split(split(part[1:-1], "?")[1], ":")
            yield from (text for branch in branches for text in _raw(branch))
        elif not (part[0].text in ESCAPES and len(part) > 1 and part[1].text == "("
                  and part[-1].text == ")" and len(split(part, ")")) <= 2):
            yield f"{part[0].line}: {' '.join(each.text for each in part)[:60]}"


def _is_set(parts: list[Piece], at: int) -> bool:
    depth = 0
    for here in range(at, len(parts) - 1):
        depth += (parts[here].text == "[") - (parts[here].text == "]")
        if depth == 0:
            return parts[here + 1].text == "="
    return False


def _open_routes(routes: list[Piece]) -> list[str]:
    listed = any(part.text == "'permission_callback'" for part in routes)
    return [] if listed or routes[0].kind == "variable" else [f"{routes[0].line}: no permission"]


def _loose_variables(parts: list[Piece]) -> list[str]:
    """Variables outside of any function, which every other plugin would see."""
    within: set[int] = set()
    for at, part in enumerate(parts):
        if part.text == "function":
            begin = next(n for n in range(at, len(parts)) if parts[n].text == "{")
            within.update(range(at, begin + len(inside(parts, begin)) + 1))
    return [f"{part.line}: {part.text}" for at, part in enumerate(parts)
            if part.kind == "variable" and at not in within
            and not part.text.startswith("$alliance_")]


def _new_signature(parts: list[Piece], at: int) -> list[str]:
    begin = next(n for n in range(at, len(parts)) if parts[n].text == "(")
    signature = [part.text for part in inside(parts, begin)]
    rest = [part.text for part in parts[begin + len(signature) + 2:][:20]]
    after = rest[:rest.index("{")] if "{" in rest else rest
    bad = "|" in signature or signature[-1:] == [","] or "|" in after or "static" in after
    return [f"{parts[at].line}: a signature of PHP 8"] if bad else []
