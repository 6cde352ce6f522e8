"""Makes the client's tables and enters the credentials, as its administrator would in the admin."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "client_settings")
django.setup()

from allauth.socialaccount.models import SocialApp  # noqa: E402
from django.contrib.sites.models import Site  # noqa: E402
from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)
app = SocialApp.objects.create(
    provider="customprovider",
    name="Custom provider",
    client_id=os.environ["CLIENT_ID"],
    secret=os.environ["CLIENT_SECRET"],
)
app.sites.add(Site.objects.get(pk=1))
