"""The addresses of processes."""

from django.urls import URLPattern, path

from processes.api import designs, instances, runs

api_urlpatterns = [
    path("processes/", designs.Designs.as_view()),
    path("processes/<str:name>/", designs.Design.as_view()),
    path("processes/<str:name>/publish/", designs.Publish.as_view()),
    path("processes/<str:name>/versions/", designs.Versions.as_view()),
    path("instances/", instances.Instances.as_view()),
    path("instances/<str:process_id>/", instances.Instance.as_view()),
    path("instances/<str:process_id>/trigger/", instances.Trigger.as_view()),
    path("runs/", runs.Runs.as_view()),
    path("runs/<str:run_id>/", runs.RunDetail.as_view()),
    path("rule-types/", runs.RuleTypes.as_view()),
    path("field-types/", runs.FieldTypes.as_view()),
]

# The pages of the app, below "/".
page_urlpatterns: list[URLPattern] = []
