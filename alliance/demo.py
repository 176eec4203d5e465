"""`alliance demo`: play the story once, then serve hub, worker and shop fronts on this machine."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from alliance.core import clock
from alliance.core.clock import Period
from alliance.demo_story import story
from alliance.demo_story.founding import WHO, ZONE
from alliance.hub import Hub
from alliance.settings import Settings

DONE = "played"


def run(folder: Path, *, port: int, fresh: bool, months: int, serve: bool,
        say: Console) -> None:
    """Play if it was not played here yet, then serve until Ctrl-C."""
    address = f"http://127.0.0.1:{port}"
    if fresh or not _was_played_at(folder, address):
        # A story that was cut off is not gone on with, and the shops' addresses carry the port:
        # both mean that it is played again.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    settings = _settings(folder, address)
    if not (folder / DONE).exists():
        _play(folder, settings, months, say)
    if serve:
        _greet(address, say)
        _serve(settings, folder, address)


def _was_played_at(folder: Path, address: str) -> bool:
    done = folder / DONE
    return done.is_file() and done.read_text() == address


def _play(folder: Path, settings: Settings, months: int, say: Console) -> None:
    until = _this_morning(clock.now())
    hub = Hub.open(settings, story.StoryClock(until))
    columns = (TextColumn("{task.description}"), BarColumn(),
               TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=say) as bar:
        task = bar.add_task("four shops found an alliance", total=None)

        def progress(phase: str, done: int, whole: int) -> None:
            bar.update(task, completed=done, total=whole,
                       description=f"{phase}: day {done} of {whole}" if whole > 1 else phase)

        story.play(hub, folder / "shops", until=until, progress=progress,
                   months=months)
    hub.database.close()
    (folder / DONE).write_text(settings.public_url)


def _this_morning(now: datetime) -> datetime:
    return Period.day(now.date(), ZONE).start


def _settings(folder: Path, address: str) -> Settings:
    keys = folder / "keys"
    if not keys.exists():
        # The story's own keys are fixed, so that one day gives one ledger everywhere; the demo
        # runs on this machine only, and refuses a public address.
        keys.write_text("\n".join(("64656d6f" * 8, "7365616c" * 8)))
    secret, seal = keys.read_text().split()
    return Settings(
        database_url=f"sqlite:///{folder}/hub.db", public_url=address,
        secret_keys=(bytes.fromhex(secret),), seal_keys=(bytes.fromhex(seal),),
        allow_private_stores=("127.0.0.0/8",), spool_dir=str(folder / "spool"),
        assets_dir=str(folder / "assets"),
        connectors={"demo": {"SHOPS_DIR": str(folder / "shops")}}, demo=True)


def _greet(address: str, say: Console) -> None:
    say.print(f"\n  [bold]{address}/demo[/bold]  sign in as any of them with one click\n")
    for slug, (name, *_) in WHO.items():
        say.print(f"  {address}/shops/{slug}/  {name}")
    say.print("\n  Follow a partner's product from one shop into another, buy it, and look at what "
              "the hub saw.\n  Ctrl-C ends it; FRESH=1 plays the story again.\n")


def _serve(settings: Settings, folder: Path, address: str) -> None:
    from alliance import serving  # noqa: PLC0415

    os.environ.update({
        "ALLIANCE_DEMO": "1", "ALLIANCE_DATABASE_URL": settings.database_url,
        "ALLIANCE_PUBLIC_URL": address, "ALLIANCE_SECRET_KEYS": settings.secret_keys[0].hex(),
        "ALLIANCE_SEAL_KEYS": settings.seal_keys[0].hex(),
        "ALLIANCE_ALLOW_PRIVATE_STORES": ",".join(settings.allow_private_stores),
        "ALLIANCE_SPOOL_DIR": settings.spool_dir, "ALLIANCE_ASSETS_DIR": settings.assets_dir,
        "ALLIANCE_DEMO_SHOPS_DIR": str(folder / "shops"),
    })
    host, port = serving.bind(settings)
    serving.serve(settings, workers=1, host=host, port=port, beside=["worker"])

