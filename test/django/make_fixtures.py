"""Makes the databases that the import is tested with, by running the real Django, django-oauth-toolkit and django-allauth.

    /usr/bin/python3 test/django/make_fixtures.py

needs Debian's python3-django, python3-django-oauth-toolkit, python3-django-allauth, python3-django-otp, python3-argon2 and
python3-bcrypt. What it makes is committed in test/django/fixtures, so the tests need no Python. With DJANGO_ENGINE,
DJANGO_DATABASE, DJANGO_HOST, DJANGO_PORT and DJANGO_USER it fills that database instead, whose dump is postgres.sql or mysql.sql:

    mariadb-dump --compact --skip-opt (mysql.sql, of a database with the collation utf8mb4_bin)
    pg_dump --no-owner --no-privileges --inserts -T 'django_*' -T auth_permission -T 'auth_*permissions' \\
        -T socialaccount_socialapp_sites NAME | grep -v '^\\\\\|^--\|^$\|^SET\|set_config'

What the installed versions lack is written as later versions write it: scrypt passwords (Django 4), allauth.mfa's table
(allauth 0.56), and in dot34.sqlite3 the columns of django-oauth-toolkit 2.0 to 3.4.
"""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import sys
from datetime import datetime, timezone

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE / "fixtures"
FOREIGN = "DJANGO_DATABASE" in os.environ
SQLITE = FIXTURES / "django.sqlite3"

if not FOREIGN:
    FIXTURES.mkdir(exist_ok=True)
    SQLITE.unlink(missing_ok=True)
    os.environ["DJANGO_DATABASE"] = str(SQLITE)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server_settings")
sys.path.insert(0, str(HERE))

import django  # noqa: E402

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from allauth.socialaccount.models import SocialAccount, SocialApp  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken  # noqa: E402
from django_otp.plugins.otp_totp.models import TOTPDevice  # noqa: E402
from oauth2_provider.models import AccessToken, Application, Grant, IDToken, RefreshToken  # noqa: E402

JOINED = datetime(2019, 3, 14, 15, 9, 26, 535897, tzinfo=timezone.utc)
LAST = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
LIVE = datetime(2099, 1, 1, tzinfo=timezone.utc)
PAST = datetime(2020, 1, 1, tzinfo=timezone.utc)
PEOPLE = []
# Given, so that every run makes the same. bcrypt's is octets with the cost in front.
SALTS = {name: b"$2b$12$seasaltseasaltseasalt." for name in ["bcrypt", "bcrypt_sha256"]}


def scrypt(password, salt="seasaltseasalt"):
    """As Django 4.0's ScryptPasswordHasher."""
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1, maxmem=0, dklen=64)
    return "scrypt$%d$%s$%d$%d$%s" % (2**14, salt, 8, 1, base64.b64encode(key).decode())


def person(username, hasher="pbkdf2_sha256", password=None, encoded=None, **fields):
    password = password or "pässword of %s" % username[:20]
    if encoded is None:
        encoded = scrypt(password) if hasher == "scrypt" else make_password(password, SALTS.get(hasher, "seasaltseasalt"), hasher)
    else:
        password = None
    user = User.objects.create(
        username=username, password=encoded, date_joined=JOINED, **{"last_login": LAST, **fields}
    )
    PEOPLE.append({"id": user.pk, "username": username, "password": password, "active": user.is_active})
    return user


def address(user, email, verified=False, primary=False):
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=primary)


def people():
    admin = person("admin", email="admin@example.org", is_superuser=True, is_staff=True, first_name="Ada", last_name="Min")
    alice = person("alice", email="alice@example.org", first_name="Alice", last_name="Ames")
    for hasher in ["pbkdf2_sha1", "argon2", "bcrypt_sha256", "bcrypt", "scrypt"]:
        person(hasher, hasher, email="%s@example.org" % hasher)
    person("unusable", encoded="!" + "seasalt" * 5, email="unusable@example.org")
    person("inactive", email="inactive@example.org", is_active=False)
    staff = person("staffer", email="staffer@example.org", is_staff=True, last_login=None)
    person("Bob", email="bob.one@example.org")
    person("bob", email="bob.two@example.org")
    person("Zoë.李+1@例え_-", email="zoe@exämple.org", first_name="Zoë", last_name="李 小龙")
    person(
        "<script>alert(1)</script>",
        email="hostile@example.org",
        first_name="'; drop table account; --",
        last_name="\u202egnp.exe\u0007",
    )
    person("shared-one", email="shared@example.org")
    person("shared-two", email="Shared@Example.org")
    one = person("case-one", email="Case@example.org")
    two = person("case-two", email="case@example.org")
    person("no-address", email="")
    several = person("several", email="several@example.org")
    person("bad-address", email="this is no address")
    person("a b  c", email="spaces@example.org")
    person("long-" + "ñ" * 145, email="long@example.org")
    person("empty-password", encoded="", email="empty@example.org")
    otp = person("with-otp", email="otp@example.org")
    mfa = person("with-mfa", email="mfa@example.org")

    address(admin, "admin@example.org", verified=True, primary=True)
    address(alice, "alice@example.org", verified=True, primary=True)
    address(one, "Case@example.org", verified=True, primary=True)
    address(two, "case@example.org", verified=True, primary=True)
    address(several, "old@example.org", verified=False)
    address(several, "second@example.org", verified=True, primary=True)
    address(several, "several@example.org", verified=True)

    editors = Group.objects.create(name="editors")
    quoted = Group.objects.create(name='Ünion "quoted" <b>')
    alice.groups.add(editors, quoted)
    staff.groups.add(editors)

    SocialAccount.objects.create(user=alice, provider="google", uid="108234567890123456789", extra_data={})
    SocialAccount.objects.create(user=alice, provider="github", uid="583231", extra_data={})
    SocialAccount.objects.create(user=several, provider="google", uid="108234567890123456790", extra_data={})
    SocialAccount.objects.update(date_joined=JOINED, last_login=LAST)
    SocialApp.objects.create(provider="google", name="Google", client_id="google-client", secret="google-secret")

    TOTPDevice.objects.create(user=otp, name="phone", confirmed=True, key="3132333435363738393031323334353637383930")
    TOTPDevice.objects.create(user=otp, name="begun", confirmed=False, key="00" * 20)
    static = StaticDevice.objects.create(user=otp, name="backup", confirmed=True)
    for token in ["abcd2345", "efgh6723"]:
        StaticToken.objects.create(device=static, token=token)
    return alice, admin, mfa


def mfa_table(user):
    """allauth.mfa's, with what its app writes: RFC 6238's seed, and the seed of ten recovery codes of which two are used."""
    id_type = {"sqlite": "integer primary key autoincrement", "postgresql": "bigserial primary key"}.get(
        connection.vendor, "bigint auto_increment primary key"
    )
    json_type = {"sqlite": "text", "postgresql": "jsonb"}.get(connection.vendor, "json")
    rows = [
        ("totp", {"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}),
        ("recovery_codes", {"seed": "00112233445566778899aabbccddeeff00112233", "used_mask": 3}),
        ("webauthn", {"name": "key", "credential": {}}),
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "create table mfa_authenticator (id %s, type varchar(20) not null, data %s not null, "
            "user_id integer not null references auth_user (id), created_at timestamp null, last_used_at timestamp null)"
            % (id_type, json_type)
        )
        for kind, data in rows:
            cursor.execute(
                "insert into mfa_authenticator (type, data, user_id, created_at) values (%s, %s, %s, %s)",
                [kind, json.dumps(data), user.pk, "2024-05-06 07:08:09"],
            )


def application(name, client_type, grant, **fields):
    defaults = {
        "client_id": "client-%s" % name,
        "client_secret": "secret of %s, chosen by a person" % name,
        "redirect_uris": "http://localhost:9988/accounts/customprovider/login/callback/",
    }
    made = Application.objects.create(
        name=name, client_type=client_type, authorization_grant_type=grant, **{**defaults, **fields}
    )
    Application.objects.filter(pk=made.pk).update(created=JOINED, updated=LAST)
    return made


def tokens(alice, admin):
    code, confidential, public = "authorization-code", "confidential", "public"
    web = application("web", confidential, code, user=admin)
    application("web-skipping", confidential, code, skip_authorization=True)
    application("many", confidential, code, redirect_uris="https://a.example.org/cb https://b.example.org/cb?x=1")
    spa = application("spa", public, code, user=alice, redirect_uris="https://spa.example.org/cb", client_secret="")
    application("native", public, code, redirect_uris="com.example.app://cb http://127.0.0.1/cb")
    application("oob", confidential, code, redirect_uris="urn:ietf:wg:oauth:2.0:oob https://oob.example.org/cb")
    machine = application("machine", confidential, "client-credentials", redirect_uris="")
    application("password", confidential, "password", redirect_uris="")
    application("implicit", public, "implicit", redirect_uris="https://implicit.example.org/cb")
    oidc = application("oidc", confidential, "openid-hybrid", algorithm="RS256")
    application("rs256", confidential, code, algorithm="RS256")
    application("hs256", confidential, code, algorithm="HS256")
    application('<i>"hostile"</i> Ünï', confidential, code, client_id="hostile-Ünï<>", client_secret="s3cr€t")

    def access(name, app, user=alice, expires=LIVE, scope="read write", **fields):
        made = AccessToken.objects.create(
            token="access-%s-000000000000" % name, application=app, user=user, expires=expires, scope=scope, **fields
        )
        AccessToken.objects.filter(pk=made.pk).update(created=LAST, updated=LAST)
        return made

    def refresh(name, app, token, user=alice, revoked=None):
        made = RefreshToken.objects.create(
            token="refresh-%s-00000000000" % name, application=app, user=user, access_token=token, revoked=revoked
        )
        RefreshToken.objects.filter(pk=made.pk).update(created=LAST, updated=LAST)
        return made

    live = access("live", web)
    refresh("live", web, live)
    refresh("only", web, access("expired-with-refresh", web, expires=PAST))
    access("expired", web, expires=PAST)
    refresh("revoked", web, None, revoked=PAST)
    refresh("revoked-beside-live", web, access("live-refresh-revoked", web), revoked=LAST)
    old = refresh("rotated", web, None, revoked=LAST)
    refresh("successor", web, access("successor", web, source_refresh_token=old))
    refresh("public", spa, access("public", spa))
    access("machine", machine, user=None, scope="read")
    id_token = IDToken.objects.create(
        user=alice, application=oidc, expires=LIVE, scope="openid read", jti="8f5a0c4e-6c1b-4f6e-9b57-000000000001"
    )
    refresh("openid", oidc, access("openid", oidc, scope="openid read", id_token=id_token))
    inactive = User.objects.get(username="inactive")
    refresh("inactive", web, access("inactive", web, user=inactive), user=inactive)
    Grant.objects.create(
        user=alice, code="outstanding-code", application=web, expires=LIVE, redirect_uri=web.redirect_uris, scope="read"
    )


def dot34(path):
    """The columns that django-oauth-toolkit 2.0 to 3.4 added, filled as it fills them."""
    import sqlite3

    db = sqlite3.connect(path)
    db.executescript(
        """
        alter table oauth2_provider_application add column post_logout_redirect_uris text not null default '';
        alter table oauth2_provider_application add column hash_client_secret bool not null default 1;
        alter table oauth2_provider_application add column allowed_origins text not null default '';
        alter table oauth2_provider_accesstoken add column token_checksum varchar(64) not null default '';
        alter table oauth2_provider_refreshtoken add column token_family char(32);
        """
    )
    for pk, secret in db.execute("select id, client_secret from oauth2_provider_application").fetchall():
        hashed = make_password(secret, hasher="pbkdf2_sha256") if pk % 3 else secret
        db.execute(
            "update oauth2_provider_application set client_secret = ?, hash_client_secret = ?, "
            "post_logout_redirect_uris = 'https://a.example.org/out', allowed_origins = 'https://a.example.org' where id = ?",
            [hashed, 1 if pk % 3 else 0, pk],
        )
    for pk, token in db.execute("select id, token from oauth2_provider_accesstoken").fetchall():
        checksum = hashlib.sha256(token.encode()).hexdigest()
        db.execute("update oauth2_provider_accesstoken set token_checksum = ? where id = ?", [checksum, pk])
    # An installation that keeps the checksum alone.
    db.execute("update oauth2_provider_accesstoken set token = '' where token = 'access-live-000000000000'")
    db.commit()
    db.execute("vacuum")
    db.close()


call_command("migrate", verbosity=0)
alice, admin, mfa = people()
mfa_table(mfa)
tokens(alice, admin)

if not FOREIGN:
    shutil.copy(SQLITE, FIXTURES / "dot34.sqlite3")
    dot34(FIXTURES / "dot34.sqlite3")
    exclude = ["contenttypes", "auth.permission", "sessions", "sites"]
    with open(FIXTURES / "dumpdata.json", "w", encoding="utf8") as out:
        call_command("dumpdata", exclude=exclude, indent=1, stdout=out)
    with open(FIXTURES / "people.json", "w", encoding="utf8") as out:
        json.dump(PEOPLE, out, ensure_ascii=False, indent=1)
        out.write("\n")
