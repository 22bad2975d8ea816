"""The addresses of processes."""

from django.urls import URLPattern, path
from django.views.generic import RedirectView

from processes.api import activity as api_activity
from processes.api import bulk_presses as api_bulk_presses
from processes.api import comments as api_comments
from processes.api import designs, files, followers, functions, instances, record_numbers, runs
from processes.api import links as api_links
from processes.api import quick_actions as api_quick_actions
from processes.api import saved_views as api_saved_views
from processes.api import start_pages as api_start_pages
from processes.views.designer.urls import designer_urlpatterns
from processes.views.instances import (
    activity,
    bulk_presses,
    instance_page,
    link_page,
    links,
    my_work,
    quick_actions,
    records,
)
from processes.views.instances import files as file_pages
from processes.views.instances import instance_list as instance_pages
from processes.views.instances import runs as run_pages
from processes.views.library import definition_editor as design_pages
from processes.views.library import design_list, import_export, versions
from processes.views.lists import exports, record_charts, record_pages, saved_view_pages
from processes.views.preview import urls as preview_urls
from processes.views.requests import own_requests, quick_press, sent_page, start_page
from processes.views.start_pages import urls as start_pages_urls

api_urlpatterns = [
    # What integrations call most.
    path("instances/<str:process_id>/trigger/", instances.Trigger.as_view()),
    path("processes/", designs.Designs.as_view()),
    path("processes/<str:name>/", designs.Design.as_view()),
    path("processes/<str:name>/publish/", designs.Publish.as_view()),
    path("processes/<str:name>/check-as/", designs.CheckAs.as_view()),
    path("processes/<str:name>/numbers/", record_numbers.RecordNumbers.as_view()),
    path("processes/<str:name>/versions/", designs.Versions.as_view()),
    path("instances/", instances.Instances.as_view()),
    path("instances/<str:process_id>/", instances.Instance.as_view()),
    path("instances/<str:process_id>/forms/", instances.InstanceForms.as_view()),
    path(
        "instances/<str:process_id>/forms/<str:form>/reassign/",
        api_quick_actions.Reassign.as_view(),
    ),
    path(
        "instances/<str:process_id>/forms/<str:form>/edit/", api_quick_actions.EditAgain.as_view()
    ),
    path(
        "instances/<str:process_id>/forms/<str:form>/actions/<str:button>/",
        api_quick_actions.Press.as_view(),
    ),
    path("instances/<str:process_id>/actions/", api_quick_actions.InstanceActions.as_view()),
    path("instances/<str:process_id>/comments/", api_comments.Comments.as_view()),
    path(
        "instances/<str:process_id>/comments/<str:comment>/",
        api_comments.CommentDetail.as_view(),
    ),
    path("instances/<str:process_id>/activity/", api_activity.Activity.as_view()),
    path("instances/<str:process_id>/followers/me/", followers.OwnFollowing.as_view()),
    path("instances/<str:process_id>/files/", files.InstanceFiles.as_view()),
    path("files/", files.Files.as_view()),
    path("files/<str:file_id>/", files.FileDetail.as_view()),
    path("files/<str:file_id>/content/", files.FileContent.as_view()),
    path("instances/<str:process_id>/links/", api_links.FormLinks.as_view()),
    path("instances/<str:process_id>/links/<str:link>/", api_links.FormLinkDetail.as_view()),
    path("instances/<str:process_id>/send-back/", instances.SendBack.as_view()),
    path("views/", api_saved_views.SavedViews.as_view()),
    path("views/<str:view_id>/", api_saved_views.SavedViewDetail.as_view()),
    path("bulk-presses/", api_bulk_presses.BulkPresses.as_view()),
    path("bulk-presses/<str:press_id>/", api_bulk_presses.BulkPressDetail.as_view()),
    path("bulk-presses/<str:press_id>/rows/", api_bulk_presses.BulkPressRows.as_view()),
    path("bulk-presses/<str:press_id>/stop/", api_bulk_presses.StopBulkPress.as_view()),
    path("start-pages/", api_start_pages.StartPages.as_view()),
    path("start-pages/<int:page_id>/", api_start_pages.OneStartPage.as_view()),
    path("runs/", runs.Runs.as_view()),
    path("runs/<str:run_id>/", runs.RunDetail.as_view()),
    path("rule-types/", runs.RuleTypes.as_view()),
    path("field-types/", runs.FieldTypes.as_view()),
    path("functions/", functions.Functions.as_view()),
]

# The pages of the app, below "/".
page_urlpatterns: list[URLPattern] = [
    *preview_urls.urlpatterns,
    path("designs/", design_list.designs, name="designs"),
    path("designs/new/", design_list.new_design, name="design-new"),
    path("designs/new/definition/", design_pages.new_definition, name="design-new-definition"),
    path("designs/import/", import_export.import_file, name="designs-import"),
    path("designs/import/done/", import_export.imported, name="designs-imported"),
    path("designs/export/", import_export.export_some, name="designs-export"),
    # Where the bin was while it held designs alone.
    path("designs/bin/", RedirectView.as_view(url="/bin/?kind=designs")),
    path("designs/bin/<int:pk>/restore/", RedirectView.as_view(url="/bin/designs/%(pk)s/restore/")),
    path("designs/bin/<int:pk>/remove/", RedirectView.as_view(url="/bin/designs/%(pk)s/remove/")),
    path("designs/<str:name>/", design_pages.design, name="design"),
    path("designs/<str:name>/details/", design_list.details, name="design-details"),
    path("designs/<str:name>/duplicate/", design_list.duplicate, name="design-duplicate"),
    path("designs/<str:name>/export/", import_export.export, name="design-export"),
    path("designs/<str:name>/publish/", versions.publish, name="design-publish"),
    path("designs/<str:name>/delete/", versions.delete, name="design-delete"),
    path("designs/<str:name>/versions/", versions.versions, name="design-versions"),
    path("designs/<str:name>/versions/<str:number>/", versions.version, name="design-version"),
    path(
        "designs/<str:name>/versions/<str:number>/restore/",
        versions.restore_version,
        name="design-restore",
    ),
    *designer_urlpatterns,
    *start_pages_urls.urlpatterns,
    path("work/", my_work.work, name="work"),
    path("records/<str:process>/", record_pages.records, name="records"),
    path("records/<str:process>/counts/", record_pages.counts, name="record-counts"),
    path("records/<str:process>/views/new/", saved_view_pages.new_view, name="record-view-new"),
    path(
        "records/<str:process>/views/<int:view_id>/",
        saved_view_pages.edit_view,
        name="record-view",
    ),
    path(
        "records/<str:process>/views/<int:view_id>/save/",
        saved_view_pages.save_view,
        name="record-view-save",
    ),
    path(
        "records/<str:process>/views/<int:view_id>/delete/",
        saved_view_pages.remove_view,
        name="record-view-delete",
    ),
    path("records/<str:process>/export.<slug:suffix>", exports.export, name="records-export"),
    path(
        "instances/<str:process_id>/press/<str:button>/", quick_press.press, name="instance-press"
    ),
    path("instances/", instance_pages.instances, name="instances"),
    # Where a request was started before.
    path("instances/new/", start_page.start_before, name="instance-new"),
    path("requests/", own_requests.own_requests, name="my-requests"),
    path("start/", start_page.starts, name="start-list"),
    path("start/<str:process>/", start_page.start_request, name="start-request"),
    path("instances/<str:process_id>/sent/<str:form>/", sent_page.sent, name="instance-sent"),
    path("instances/<str:process_id>/", instance_page.instance, name="instance"),
    path("instances/<str:process_id>/runs/", records.instance_runs, name="instance-runs"),
    path("instances/<str:process_id>/changes/", records.instance_changes, name="instance-changes"),
    path(
        "instances/<str:process_id>/changes/<int:change>/<str:field>/",
        records.restore,
        name="instance-restore",
    ),
    path("instances/<str:process_id>/check-as/", records.check, name="instance-check-as"),
    path("instances/<str:process_id>/delete/", records.delete, name="instance-delete"),
    path(
        "instances/<str:process_id>/forms/<str:form>/send-back/",
        my_work.back,
        name="instance-send-back",
    ),
    path(
        "instances/<str:process_id>/forms/<str:form>/reassign/",
        quick_actions.reassign,
        name="instance-reassign",
    ),
    path(
        "instances/<str:process_id>/forms/<str:form>/edit/",
        quick_actions.edit_again,
        name="instance-edit-again",
    ),
    path(
        "instances/<str:process_id>/forms/<str:form>/actions/<str:button>/",
        quick_actions.press,
        name="instance-quick-action",
    ),
    path("files/<uuid:file_id>/small/", file_pages.small, name="file-small"),
    # Without a slash at its end: whoever saves it by its address gets its name.
    path("files/<uuid:file_id>/<str:name>", file_pages.file, name="file"),
    path("instances/<str:process_id>/move/", records.move, name="instance-move"),
    path("instances/<str:process_id>/activity/", activity.activity, name="instance-activity"),
    path("instances/<str:process_id>/print/", file_pages.printed, name="instance-print"),
    path("instances/<str:process_id>/pdf/", file_pages.pdf, name="instance-pdf"),
    path("instances/<str:process_id>/follow/", activity.follow, name="instance-follow"),
    path("instances/<str:process_id>/comments/", activity.comments, name="instance-comments"),
    path(
        "instances/<str:process_id>/comments/<int:comment>/edit/",
        activity.edit,
        name="instance-comment-edit",
    ),
    path(
        "instances/<str:process_id>/comments/<int:comment>/delete/",
        activity.delete,
        name="instance-comment-delete",
    ),
    path("instances/<str:process_id>/links/<int:link>/", links.revoke, name="instance-link-revoke"),
    path("f/<str:token>/", link_page.linked, name="form-link"),
    path("f/<str:token>/files/", link_page.files, name="form-link-files"),
    path("f/<str:token>/files/<uuid:file_id>/", link_page.file, name="form-link-file"),
    path("f/<str:token>/sent/", link_page.sent, name="form-link-sent"),
    path("records/<str:process>/charts/", record_charts.charts, name="record-charts"),
    path(
        "records/<str:process>/charts.<slug:suffix>",
        exports.export_charts,
        name="record-charts-export",
    ),
    path("bulk-presses/new/", bulk_presses.new_press, name="bulk-press-new"),
    path("bulk-presses/<int:press_id>/", bulk_presses.press, name="bulk-press"),
    path("bulk-presses/<int:press_id>/stop/", bulk_presses.stop, name="bulk-press-stop"),
    path("bulk-presses/<int:press_id>/report/", bulk_presses.report, name="bulk-press-report"),
    path("runs/", run_pages.runs, name="runs"),
    path("runs/<int:run_id>/", run_pages.run, name="run"),
    path("runs/<int:run_id>/store/", run_pages.store_values, name="run-store"),
]
