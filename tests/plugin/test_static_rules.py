"""The plugin keeps the rules of its reviewers, and each rule catches what it is for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.plugin import rules
from tests.plugin.php import FILES, PLUGIN, SLUG
from tests.plugin.rules import Rule

RULES: list[Rule] = [
    rules.unescaped, rules.unclean, rules.unguarded, rules.unprefixed, rules.foreign_domain,
    rules.open_file, rules.forbidden, rules.remote_script, rules.unprepared, rules.too_new,
]

PRESSED = "add_action( 'admin_post_alliance_x', 'alliance_x' );"

BROKEN: list[tuple[Rule, str]] = [
    (rules.unescaped, "echo $name;"),
    (rules.unescaped, "echo '<b>' . $name . '</b>';"),
    (rules.unescaped, 'echo "<b>$name</b>";'),
    (rules.unescaped, "echo esc_html( $a ) . get_option( 'x' );"),
    (rules.unescaped, "echo ( $is ? esc_html( $a ) : $a );"),
    (rules.unescaped, "echo esc_html( $a ), $b;"),
    (rules.unescaped, "echo esc_html( $a ) + trim( $b );"),
    (rules.unescaped, "echo sprintf( '<b>%s</b>', esc_html( $a ) );"),
    (rules.unescaped, "?><b><?= $name ?></b>"),
    (rules.unclean, "$a = $_GET['a'];"),
    (rules.unclean, "$a = sanitize_text_field( $_GET['a'] );"),
    (rules.unclean, "$a = wp_unslash( $_POST['a'] );"),
    (rules.unclean, "foreach ( $_COOKIE as $each ) {}"),
    (rules.unclean, "$a = sanitize_key( wp_unslash( $_REQUEST['a'] ) );"),
    (rules.unguarded, PRESSED + "function alliance_x() { update_option( 'alliance_x', 1 ); }"),
    (rules.unguarded, PRESSED + "function alliance_x() { alliance_check_right(); alliance_y(); }"),
    (rules.unguarded, PRESSED + "function alliance_x() { check_admin_referer( 'x' ); }"),
    (rules.unguarded, PRESSED.replace("admin_post", "wp_ajax_nopriv")
     + "function alliance_x() { alliance_check_right(); check_admin_referer( 'x' ); }"),
    (rules.unguarded, "$r = array( 'permission_callback' => '__return_true' );"),
    (rules.unguarded, "register_rest_route( 'wc-alliance/v1', '/x', array( 'callback' => 'a' ) );"),
    (rules.unprefixed, "function get_things() {}"),
    (rules.unprefixed, "class Connection {}"),
    (rules.unprefixed, "const MOST = 4;"),
    (rules.unprefixed, "define( 'VERSION', 1 );"),
    (rules.unprefixed, "function alliance_x() { update_option( 'settings', 1 ); }"),
    (rules.unprefixed, "function alliance_x() { return apply_filters( 'is_met', 1 ); }"),
    (rules.unprefixed, "wp_enqueue_script( 'landing' );"),
    (rules.unprefixed, "$site = 1;"),
    (rules.unprefixed, "if ( is_admin() ) { $site = 1; }"),
    (rules.foreign_domain, "return __( 'Save', 'woocommerce' );"),
    (rules.foreign_domain, "return esc_html__( 'Save' );"),
    (rules.foreign_domain, f"return __( $text, '{SLUG}' );"),
    (rules.open_file, "function alliance_x() {} defined( 'ABSPATH' ) || exit;"),
    (rules.forbidden, "eval( $code );"),
    (rules.forbidden, "$code = base64_decode( 'ZWNobyAxOw==' );"),
    (rules.forbidden, "$a = file_get_contents( 'https://hub.example' );"),
    (rules.forbidden, "$a = curl_init();"),
    (rules.forbidden, "$a = wp_remote_get( $hub );"),
    (rules.forbidden, "require ABSPATH . 'x.php';"),
    (rules.forbidden, "return '<script>alert(1)</script>';"),
    (rules.forbidden, "$a = `ls`;"),
    (rules.remote_script, "wp_enqueue_script( 'alliance-x', 'https://hub.example/embed/v1.js' );"),
    (rules.remote_script, "wp_register_script( 'alliance-x', $hub . '/embed/v1.js' );"),
    (rules.unprepared, "$wpdb->query( \"DELETE FROM x WHERE id = $id\" );"),
    (rules.unprepared, "$wpdb->get_var( 'SELECT a FROM b WHERE c = ' . $c );"),
    (rules.unprepared, '$wpdb->get_var( $wpdb->prepare( "SELECT a FROM $t WHERE c = %s", $c ) );'),
    (rules.too_new, "$a = match ( $b ) { 1 => 2 };"),
    (rules.too_new, "enum Suit {}"),
    (rules.too_new, "$a = $b?->c;"),
    (rules.too_new, "f( name: 1 );"),
    (rules.too_new, "function alliance_x( int|string $a ) {}"),
    (rules.too_new, "function alliance_x( $a ): int|string {}"),
    (rules.too_new, "function alliance_x( $a, ) {}"),
    (rules.too_new, "class A { function __construct( private $a ) {} }"),
    (rules.too_new, "class A { readonly int $a; }"),
    (rules.too_new, "$is = str_contains( $a, 'b' );"),
    (rules.too_new, "#[Pure]\nfunction alliance_x() {}"),
    (rules.too_new, "$f = strlen( ... );"),
    (rules.too_new, "$a = $b ?? throw new Exception();"),
    (rules.too_new, "function alliance_x(): mixed {}"),
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PLUGIN).as_posix())
def test_a_file_keeps_every_rule(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    broken = {rule.__name__: found for rule in RULES if (found := rule(source))}

    assert broken == {}


@pytest.mark.parametrize(("rule", "snippet"), BROKEN)
def test_a_rule_catches_what_it_is_for(rule: Rule, snippet: str) -> None:
    assert rule(f"<?php\n{snippet}\n") != []


def test_every_rule_has_something_that_it_catches() -> None:
    assert {rule for rule, _ in BROKEN} == set(RULES)


def test_the_plugins_own_scripts_load_nothing_from_elsewhere() -> None:
    scripts = sorted((PLUGIN / "assets").glob("*.js"))
    comment = re.compile(r"/\*.*?\*/|// .*", re.DOTALL)
    bad = re.compile(r"https?://|//[a-z]+\.|innerHTML|outerHTML|insertAdjacentHTML|document\.write"
                     r"|\beval\(|new Function|\bimport\b|localStorage|sessionStorage|fetch\(")

    found = [f"{path.name}: {match[0]}" for path in scripts
             if path.name != "alliance-elements.js"
             for match in bad.finditer(comment.sub("", path.read_text()))]

    assert len(scripts) >= 5
    assert found == []


def test_the_readme_is_as_the_directory_wants_it() -> None:
    readme = (PLUGIN / "readme.txt").read_text(encoding="utf-8")
    head = dict(re.findall(r"^([A-Z][\w ]+): (.+)$", readme.partition("\n== ")[0], re.MULTILINE))

    assert readme.startswith("=== Alliance for WooCommerce ===\n")
    assert 1 <= len(head["Tags"].split(",")) <= 5
    assert head["License"] == "GPLv2 or later"
    assert head["Stable tag"] != "trunk"
    assert re.search(r"^== External services ==$", readme, re.MULTILINE)
    assert len(readme.split("\n\n")[1]) <= 150


def test_the_version_is_the_same_wherever_it_is_written() -> None:
    main = (PLUGIN / f"{SLUG}.php").read_text(encoding="utf-8")
    readme = (PLUGIN / "readme.txt").read_text(encoding="utf-8")
    changes = (PLUGIN / "changelog.txt").read_text(encoding="utf-8")
    versions = {
        re.search(r"^ \* Version:\s+(\S+)$", main, re.MULTILINE),
        re.search(r"'ALLIANCE_VERSION', '([^']+)'", main),
        re.search(r"^Stable tag: (\S+)$", readme, re.MULTILINE),
        re.search(r"== Changelog ==\s+= (\S+) =", readme),
        re.search(r"- version (\S+)$", changes, re.MULTILINE),
    }

    assert {match and match[1] for match in versions} == {"0.1.0"}


def test_header_and_readme_ask_for_the_same() -> None:
    main = (PLUGIN / f"{SLUG}.php").read_text(encoding="utf-8")
    readme = (PLUGIN / "readme.txt").read_text(encoding="utf-8")

    for name in ("Requires at least", "Requires PHP"):
        told = [re.search(rf"{name}:\s+(\S+)", text) for text in (main, readme)]
        assert len({match and match[1] for match in told}) == 1, name
    for line in ("Requires PHP:         7.4", "Requires Plugins:     woocommerce",
                 "License:              GPL-2.0-or-later", f"Text Domain:          {SLUG}",
                 "WC requires at least: 9.0"):
        assert f" * {line}\n" in main
    assert not SLUG.startswith(("woo", "wordpress"))
