"""Django's admin shows the rows; changes go through the product's own doors."""

from django.contrib import admin

from datasources.models import Datasource
from kianda.lib.admin import ReadOnly


@admin.register(Datasource)
class DatasourceAdmin(ReadOnly):
    """Datasources, without the document that holds their secrets."""

    list_display = ("name", "title", "base_url", "revision", "modified", "modified_by")
    list_select_related = ("modified_by",)
    search_fields = ("name", "title", "base_url")
    exclude = ("document",)
