"""The server of the seed: django-oauth-toolkit under /o/, a bearer-protected /profile/, and pages to sign in."""

from server_settings import *  # noqa: F403

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "story_urls"
LOGIN_URL = "/login/"
SESSION_COOKIE_NAME = "oauth2server_sessionid"
OAUTH2_PROVIDER = {"SCOPES": {"read": "Reading scope", "write": "Writing scope"}, "PKCE_REQUIRED": False}
LOGIN_FORM = '<form method="post">{% csrf_token %}{{ form.as_p }}<button>Log in</button></form>'
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ],
            "loaders": [
                ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN_FORM}),
                "django.template.loaders.app_directories.Loader",
            ],
        },
    }
]
