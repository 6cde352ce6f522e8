"""Makes the server's tables, a person who signs up there, and the client's registration."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "story_settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402

call_command("migrate", verbosity=0)
User.objects.create_superuser("admin", "admin@example.org", os.environ["PASSWORD"])
User.objects.create_user(
    "zoé", "zoe@example.org", os.environ["PASSWORD"], first_name="Zoé", last_name="Noël"
)
Application.objects.create(
    name="Django client",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    client_type="confidential",
    authorization_grant_type="authorization-code",
    redirect_uris=os.environ["REDIRECT_URI"],
)
