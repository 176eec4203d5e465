"""The peer as it would be run: django-link-shortener on PostgreSQL, every use counted.

Run inside the peer's own environment, never the hub's: `python peer.py fill` makes its tables and
links and prints their codes; granian serves `peer:application`.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

LINKS = 20_000

settings.configure(
    SECRET_KEY="only for a bench on this machine", ROOT_URLCONF=__name__, USE_TZ=True,
    ALLOWED_HOSTS=["127.0.0.1"], MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "shortener"],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PEER_DATABASE"],
        "USER": "postgres", "HOST": os.environ["PEER_SOCKET"], "CONN_MAX_AGE": None}})
application = get_wsgi_application()
# After the applications are set up: the addresses name the peer's models.
urlpatterns: list[Any] = [path("l/", include("shortener.urls"))]


def fill() -> None:
    """Tables and links; each code on a line."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from shortener.models import UrlMap

    call_command("migrate", verbosity=0)
    owner = User.objects.create(username="bench")
    far = datetime(2100, 1, 1, tzinfo=django.utils.timezone.get_default_timezone())
    UrlMap.objects.bulk_create(
        UrlMap(user=owner, full_url=f"https://shop.example/goods/{number}",
               short_url=f"b{number:05d}", max_count=-1, date_expired=far)
        for number in range(LINKS))
    for number in range(LINKS):
        print(f"b{number:05d}")


if __name__ == "__main__" and sys.argv[1:] == ["fill"]:
    fill()
