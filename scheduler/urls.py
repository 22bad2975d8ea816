"""The addresses of the scheduler."""

from django.urls import URLPattern, path

from scheduler.api import tasks as api
from scheduler.api import webhooks
from scheduler.views import gallery, history, schedule, tasks

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
hook_urlpatterns = [path("<str:token>/", webhooks.Hook.as_view(), name="hook")]

# The pages of the app, below "/".
page_urlpatterns: list[URLPattern] = [
    path("designs/templates/", gallery.templates, name="templates"),
    path("designs/templates/made/<str:name>/", gallery.made, name="template-made"),
    path("designs/templates/made/<str:name>/press/", gallery.press, name="template-press"),
    path("designs/templates/<str:slug>/", gallery.template, name="template"),
    path("scheduled-tasks/", tasks.tasks, name="tasks"),
    path("scheduled-tasks/new/", schedule.new_task, name="task-new"),
    path("scheduled-tasks/<str:task_id>/", schedule.task, name="task"),
    path("scheduled-tasks/<str:task_id>/history/", history.history, name="task-history"),
    path("scheduled-tasks/<str:task_id>/row/", tasks.row, name="task-row"),
    path("scheduled-tasks/<str:task_id>/run/", tasks.run, name="task-run"),
    path("scheduled-tasks/<str:task_id>/pause/", tasks.pause, name="task-pause"),
    path("scheduled-tasks/<str:task_id>/resume/", tasks.resume, name="task-resume"),
    path("scheduled-tasks/<str:task_id>/delete/", tasks.delete, name="task-delete"),
    path("scheduled-tasks/<str:task_id>/renew-hook/", tasks.renew, name="task-renew-hook"),
]
