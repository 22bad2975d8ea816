"""The addresses of previews."""

from django.urls import URLPattern, path

from processes.views.preview import debugger, frame, page, pinned_answers, run_replay

_ONE = "designs/<str:name>/preview/instance/<str:process_id>/"

urlpatterns: list[URLPattern] = [
    path("designs/<str:name>/preview/", page.design_preview, name="design-preview"),
    path("designs/<str:name>/preview/new/", page.new_preview, name="preview-new"),
    path("designs/<str:name>/preview/new/form/", frame.new_frame, name="preview-new-frame"),
    path(
        "designs/<str:name>/preview/breakpoints/<str:rule>/",
        debugger.breakpoint_of,
        name="preview-new-breakpoint",
    ),
    path(
        "designs/<str:name>/preview/answers/<str:rule>/",
        pinned_answers.answer,
        name="preview-answer",
    ),
    path(_ONE, page.preview, name="preview"),
    path(f"{_ONE}form/", frame.frame, name="preview-frame"),
    path(f"{_ONE}outward/", page.outward, name="preview-outward"),
    path(f"{_ONE}debugger/", debugger.debugger, name="preview-debugger"),
    path(f"{_ONE}breakpoints/<str:rule>/", debugger.breakpoint_of, name="preview-breakpoint"),
    path(f"{_ONE}values/<str:field>/", debugger.value, name="preview-value"),
    path("runs/<int:run_id>/steps/", run_replay.steps, name="run-steps"),
]
