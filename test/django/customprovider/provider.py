"""A django-allauth 0.51 provider for a plain OAuth 2 server, as organisations write one."""

from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider


class CustomAccount(ProviderAccount):
    pass


class CustomProvider(OAuth2Provider):
    id = "customprovider"
    name = "Custom provider"
    account_class = CustomAccount

    def extract_uid(self, data):
        return str(data["id"])

    def extract_common_fields(self, data):
        return {
            "username": data["username"],
            "email": data.get("email"),
            "first_name": data["first_name"],
            "last_name": data["last_name"],
        }

    def get_default_scope(self):
        return ["read"]


provider_classes = [CustomProvider]
