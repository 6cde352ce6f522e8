"""The provider's three addresses at the server, and what is read from its profile."""

import requests
from allauth.socialaccount.providers.oauth2.views import (
    OAuth2Adapter,
    OAuth2CallbackView,
    OAuth2LoginView,
)
from django.conf import settings

from .provider import CustomProvider


class CustomAdapter(OAuth2Adapter):
    provider_id = CustomProvider.id
    authorize_url = f"{settings.OAUTH_SERVER_BASEURL}/o/authorize/"
    access_token_url = f"{settings.OAUTH_SERVER_BASEURL}/o/token/"
    profile_url = f"{settings.OAUTH_SERVER_BASEURL}/profile/"

    def complete_login(self, request, app, token, **kwargs):
        headers = {"Authorization": f"Bearer {token.token}"}
        answer = requests.get(self.profile_url, headers=headers, timeout=10)
        answer.raise_for_status()
        return self.get_provider().sociallogin_from_response(request, answer.json())


oauth2_login = OAuth2LoginView.adapter_view(CustomAdapter)
oauth2_callback = OAuth2CallbackView.adapter_view(CustomAdapter)
