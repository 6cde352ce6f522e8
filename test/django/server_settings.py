"""A Django server with django-oauth-toolkit and django-allauth, as many organisations run one. The database is the environment's."""

import os

SECRET_KEY = "only-for-the-fixtures"
DEBUG = False
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "server_urls"
SITE_ID = 1
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sites",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "oauth2_provider",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.BCryptPasswordHasher",
]
OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True,
    "SCOPES": {"read": "Reading scope", "write": "Writing scope", "openid": "OpenID Connect"},
}
DATABASES = {
    "default": {
        "ENGINE": os.environ.get("DJANGO_ENGINE", "django.db.backends.sqlite3"),
        "NAME": os.environ["DJANGO_DATABASE"],
        "USER": os.environ.get("DJANGO_USER", ""),
        "PASSWORD": os.environ.get("DJANGO_PASSWORD", ""),
        "HOST": os.environ.get("DJANGO_HOST", ""),
        "PORT": os.environ.get("DJANGO_PORT", ""),
    }
}
