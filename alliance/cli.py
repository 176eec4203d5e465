"""The `alliance` command. Exits 0 when all is well, 1 with a finding, 2 when used wrongly."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from alliance import demo, logs
from alliance.core import clock
from alliance.core.errors import AllianceError, Invalid
from alliance.db import schema
from alliance.hub import Hub
from alliance.ledger import proofs
from alliance.merchants import people
from alliance.settings import Settings
from alliance.trust.finding import Finding

say = Console(highlight=False, soft_wrap=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="merchant-alliance-hub")
def main() -> None:
    """Run a merchant alliance hub. Settings come from ALLIANCE_* (docs/reference/settings.md)."""


def _refusals(work: Callable[..., Any]) -> Callable[..., Any]:
    """Say a refusal as a sentence and exit 2, instead of a traceback."""
    @wraps(work)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return work(*args, **kwargs)
        except AllianceError as refusal:
            say.print(f"[red]{refusal.detail}[/red] ({refusal.code})")
            sys.exit(2)

    return guarded


@main.command("demo")
@click.option("--port", default=8000, show_default=True, help="Where to serve.")
@click.option("--fresh", is_flag=True, help="Forget what was there and play the story again.")
@click.option("--folder", default="var/demo", show_default=True, help="Where the demo lives.")
@click.option("--months", default=6, show_default=True, type=click.IntRange(1, 12),
              help="How many full months of trade to play.")
@click.option("--play-only", is_flag=True, help="Play the story and stop; do not serve.")
@_refusals
def demo_command(port: int, fresh: bool, folder: str, months: int, play_only: bool) -> None:
    """Four shops that ally: play half a year of trade, then serve hub and shops.

    Example: alliance demo --port 8000
    """
    demo.run(Path(folder), port=port, fresh=fresh, months=months, serve=not play_only, say=say)


@main.command()
@click.option("--workers", default=2, show_default=True, help="Web processes; one per core.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--with-worker", is_flag=True, help="Run the worker in this process too.")
@_refusals
def serve(workers: int, host: str, port: int, with_worker: bool) -> None:
    """Serve the web side of the hub.

    Example: alliance serve --workers 2 --with-worker
    """
    from alliance import serving  # noqa: PLC0415

    settings = Settings.from_env()
    settings.check_listening(host)
    beside = (["worker"] if with_worker else []) + (["ship"] if settings.has_stream else [])
    serving.serve(settings, workers=workers, host=host, port=port, beside=beside)


@main.command()
@click.option("--until-input-ends", is_flag=True,
              help="Stop when standard input ends, as when the program that started it is gone.")
@_refusals
def worker(until_input_ends: bool) -> None:
    """Work off the queue until interrupted; what is in hand is finished first.

    Example: alliance worker
    """
    from alliance.worker import loop  # noqa: PLC0415

    stop, hub = _stopping(until_input_ends), _hub()
    logs.configure(hub.settings)
    stream = hub.stream
    loop.forever(hub, stop)
    if stream is not None:
        stream.close()


@main.command()
@click.option("--until-input-ends", is_flag=True,
              help="Stop when standard input ends, as when the program that started it is gone.")
@_refusals
def ship(until_input_ends: bool) -> None:
    """Send this machine's clicks to the stream until interrupted, for workers on any machine.

    `serve` starts it where a stream is set; start it yourself under another server.
    Example: alliance ship
    """
    from alliance.worker import carrying  # noqa: PLC0415

    stop, hub = _stopping(until_input_ends), _hub()
    logs.configure(hub.settings)
    stream = hub.stream
    if stream is None:
        raise Invalid("no_stream", "Set ALLIANCE_REDIS_URL or ALLIANCE_NATS_URL: without them the "
                      "worker of this machine drains its clicks.")
    carrying.send_forever(hub, stream, stop)
    stream.close()


def _stopping(at_end_of_input: bool) -> threading.Event:
    """What is set when the process is asked to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if at_end_of_input:
        threading.Thread(target=_stop_at_end_of_input, args=(stop,), daemon=True).start()
    return stop


def _stop_at_end_of_input(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


@main.command()
@_refusals
def upgrade() -> None:
    """Bring the database to the newest schema.

    Example: alliance upgrade
    """
    hub = _hub()
    before, _ = schema.revisions(hub.database.engine)
    schema.upgrade(hub.database.engine)
    after, _ = schema.revisions(hub.database.engine)
    say.print(f"schema {before or 'empty'} → {after}")


@main.command("close-cycle")
@click.argument("alliance_id")
@_refusals
def close_cycle(alliance_id: str) -> None:
    """Do now what the clock would do: propose periods that are over, end reviews that are over.

    Nothing is hurried: a review that still runs stays open. Example: alliance close-cycle alc_…
    """
    from alliance.worker import closing  # noqa: PLC0415

    hub = _hub()
    closing.close_alliance(hub, alliance_id, hub.clock())
    say.print("closed as far as the clock allows")


@main.command()
@click.argument("proof", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_refusals
def verify(proof: Path) -> None:
    """Check a downloaded proof without asking any hub.

    Example: alliance verify proof.json
    """
    try:
        value = json.loads(proof.read_text())
        known = proofs.Inclusion(**{**value, "path": tuple(value["path"])})
        good = proofs.holds(known)
    except (ValueError, TypeError, KeyError):
        good = False
    if not good:
        say.print("[red]This proof does not hold.[/red]")
        sys.exit(1)
    say.print(f"The entry stands at place {known.place} under head {known.root[:16]}… "
              f"of {known.size} entries, signed with key {known.key_id[:16]}….")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print findings as JSON.")
@_refusals
def doctor(as_json: bool) -> None:
    """Check every invariant of the law on what is kept, from the schema to the last cent.

    Exits 1 when it finds something; each code is explained in docs/reference/doctor.md.
    Example: alliance doctor --json
    """
    from alliance.trust import audit, upkeep  # noqa: PLC0415

    hub = _hub()
    with hub.database.reading() as session:
        found = audit.check(session, hub.head_keys(), now=hub.clock())
    found += upkeep.check_spool(hub.spool_folder)
    _tell(found, as_json, "All is well: every invariant of the law holds.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@_refusals
def replay(as_json: bool) -> None:
    """Count everything again from the stored snapshots, and compare with what is booked.

    Exits 1 where it comes to something else. Example: alliance replay
    """
    from alliance.trust import replay as replaying  # noqa: PLC0415

    hub = _hub()
    with hub.database.reading() as session:
        done = replaying.rebuild(session, hub.keys)
    if not as_json:
        say.print(f"{done.orders} orders decided again, {done.entries} entries hashed again")
        for alliance_id, root in sorted(done.roots.items()):
            say.print(f"{alliance_id} root {root}")
    _tell(done.findings, as_json, "Decisions, commissions, balances and roots come out the same.")


@main.command()
@click.argument("entry_id")
@_refusals
def proof(entry_id: str) -> None:
    """Print the proof that an entry stands in the signed log, for `alliance verify`.

    Example: alliance proof ent_… > proof.json
    """
    hub = _hub()
    with hub.database.reading() as session:
        found = proofs.inclusion(session, entry_id)
    click.echo(json.dumps(asdict(found), indent=1))


def _tell(found: Sequence[Finding], as_json: bool, fine: str) -> None:
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=1))
    else:
        for each in found:
            say.print(f"[red]{each.code}[/red] {each.sentence} {' '.join(each.ids)}")
        say.print(fine if not found else f"{len(found)} findings")
    if found:
        sys.exit(1)


@main.group()
def person() -> None:
    """People who sign in."""


@person.command("add")
@click.option("--merchant", required=True, help="The name of the business.")
@click.option("--category", required=True, help="What it sells, e.g. toys.")
@click.option("--country", required=True, help="Two letters, e.g. LV.")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.password_option(help="Asked for when left out.")
@_refusals
def add_person(merchant: str, category: str, country: str, name: str, email: str,
               password: str) -> None:
    """Add a merchant with its first owner.

    Example: alliance person add --merchant Li --category clothes --country LV --name Li
    --email li@shop.example
    """
    hub = _hub()
    _, made = hub.database.run(lambda session: people.sign_up(
        session, merchant_name=merchant, category=category, country=country, name=name,
        email=email, password=password, locale="en", now=clock.now()))
    say.print(f"{made.email} may sign in")


def _hub() -> Hub:
    return Hub.open(Settings.from_env())


if __name__ == "__main__":
    main()
