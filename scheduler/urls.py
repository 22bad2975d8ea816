"""The addresses of the scheduler."""

from django.urls import URLPattern, path

from scheduler import api, hooks

api_urlpatterns = [
    path("scheduled-tasks/", api.Tasks.as_view()),
    path("scheduled-tasks/<str:task_id>/", api.Task.as_view()),
    path("scheduled-tasks/<str:task_id>/run/", api.Run.as_view()),
    path("scheduled-tasks/<str:task_id>/pause/", api.Pause.as_view()),
    path("scheduled-tasks/<str:task_id>/resume/", api.Resume.as_view()),
    path("scheduled-tasks/<str:task_id>/renew-hook/", api.RenewHook.as_view()),
    path("scheduled-tasks/<str:task_id>/occurrences/", api.Occurrences.as_view()),
    path("schedule-kinds/", api.ScheduleKinds.as_view()),
]
hook_urlpatterns = [path("<str:token>/", hooks.Hook.as_view(), name="hook")]

# The pages of the app, below "/".
page_urlpatterns: list[URLPattern] = []
