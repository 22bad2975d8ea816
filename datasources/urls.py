"""The addresses of datasources."""

from django.urls import URLPattern, path

from datasources import api

api_urlpatterns = [
    path("datasources/", api.DatasourceList.as_view()),
    path("datasources/<str:name>/", api.DatasourceDetail.as_view()),
    path("datasources/<str:name>/test/", api.DatasourceTest.as_view()),
    path("datasources/<str:name>/methods/<str:method>/call/", api.MethodCall.as_view()),
    path("auth-schemes/", api.AuthSchemes.as_view()),
]

# The pages of the app, below "/".
page_urlpatterns: list[URLPattern] = []
