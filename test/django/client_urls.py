from django.http import JsonResponse
from django.urls import include, path


def profile(request):
    """Who is signed in at the client, and under which uid of the server."""
    if not request.user.is_authenticated:
        return JsonResponse({"username": None})
    account = request.user.socialaccount_set.get()
    return JsonResponse(
        {
            "username": request.user.username,
            "first_name": request.user.first_name,
            "last_name": request.user.last_name,
            "uid": account.uid,
        }
    )


urlpatterns = [
    path("accounts/profile", profile),
    path("accounts/", include("allauth.urls")),
]
