from django.contrib.auth.views import LoginView
from django.http import JsonResponse
from django.urls import include, path
from oauth2_provider.decorators import protected_resource


@protected_resource(scopes=["read"])
def profile(request):
    user = request.resource_owner
    return JsonResponse(
        {"id": user.pk, "username": user.username, "first_name": user.first_name, "last_name": user.last_name}
    )


urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("profile/", profile),
    path("login/", LoginView.as_view()),
]
