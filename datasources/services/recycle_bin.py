"""Datasources in the recycle bin: their secrets stay as they are stored, encrypted."""

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from datasources.connections.rows import follow_settings
from datasources.models import Datasource
from datasources.selectors import document_of
from datasources.services.access import must_edit
from kianda.accounts.roles import DATASOURCE_MANAGER
from kianda.accounts.services.recycle_bin import BinKind
from kianda.lib import names
from kianda.lib.recycle_bin import in_bin


class BinnedDatasources(BinKind[Datasource]):
    """Datasources, with their REST methods, credentials and who may use them."""

    slug = "datasources"
    audit_kind = "datasource"
    icon = "plug"
    roles = (DATASOURCE_MANAGER,)
    model = Datasource

    def shown(self) -> QuerySet[Datasource]:
        """Return the rows without the document that holds their secrets."""
        return in_bin(Datasource).defer("document")

    def name_of(self, row: Datasource) -> str:
        """Return its name."""
        return row.name

    def title_of(self, row: Datasource) -> str:
        """Return its title."""
        return row.title

    def free_name(self, wish: str) -> str:
        """Return a name that no datasource has."""
        same = Datasource.objects.filter(name__startswith=wish[:50])
        return names.free_name(wish, set(same.values_list("name", flat=True)))

    def name_flaw(self, name: str) -> str | None:
        """Return why no datasource may have a name."""
        return names.slug_flaw(name)

    def words_of_renaming(self, row: Datasource) -> str:
        """Say what it means to come back under another name."""
        return _("It can be restored under another name. Rules keep calling the current one.")

    def bring_back(self, row: Datasource, *, user: User, name: str) -> None:
        """Restore it; raises Forbidden for a person who may not change it."""
        must_edit(row, user)
        if name != row.name:
            row.document = document_of(row).model_copy(update={"name": name}).plain()
            row.name, row.revision = name, row.revision + 1
        row.deleted_at = row.deleted_by = None
        row.save()
        follow_settings(row, document_of(row))

    def words_of_restoring(self, row: Datasource) -> str:
        """Say what comes back with it."""
        return _(
            "Restores the data source with its REST methods and credentials. Rules that call "
            "it work again."
        )

    def words_of_removing(self, row: Datasource) -> str:
        """Say what goes with it."""
        return _("Deletes the data source with its REST methods and credentials.")


DATASOURCES = BinnedDatasources()
