"""The addresses of start pages."""

from django.urls import URLPattern, path

from processes.views.start_pages import pages, tiles

urlpatterns: list[URLPattern] = [
    path("start-pages/", pages.start_pages, name="start-pages"),
    path("start-pages/new/", pages.add, name="start-page-new"),
    path("start-pages/<int:page_id>/", pages.change, name="start-page"),
    path("start-pages/<int:page_id>/move/", pages.move, name="start-page-move"),
    path("start-pages/<int:page_id>/delete/", pages.delete, name="start-page-delete"),
    path("start-pages/<int:page_id>/tiles/<int:at>/", tiles.tile, name="start-page-tile"),
]
