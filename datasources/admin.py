"""Django's admin shows the rows; changes go through the product's own doors."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from datasources.models import Datasource

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Datasource]
else:  # Only the stubs know the parameter.
    Base = admin.ModelAdmin


@admin.register(Datasource)
class DatasourceAdmin(Base):
    """Datasources, without the document that holds their secrets."""

    list_display = ("name", "title", "base_url", "revision", "modified", "modified_by")
    list_select_related = ("modified_by",)
    search_fields = ("name", "title", "base_url")
    exclude = ("document",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is added here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is changed here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted here."""
        return False
