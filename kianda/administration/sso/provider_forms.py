"""The forms of identity providers: what all have, and what each kind asks for beside it."""

from abc import abstractmethod
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.models import IdentityProvider
from kianda.accounts.services import identity_providers as services
from kianda.accounts.services.identity_providers import ATTRIBUTES, OPENID, SAML
from kianda.accounts.sso.saml import USUAL
from kianda.accounts.sso.saml_metadata import MOST_BYTES
from kianda.lib.errors import Flaw, Invalid
from kianda.lib.secrets import opens

_AREA: Any = {"rows": 3, "spellcheck": "false"}


def _text(label: Any, help_text: Any = "", **attrs: Any) -> Any:
    return forms.CharField(
        label=label, required=False, max_length=500, help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attrs}),
    )  # fmt: skip


class ProviderForm(forms.Form):
    """An identity provider, of whatever kind."""

    kind: ClassVar[str]
    # What stands above the fields that all kinds have.
    own: ClassVar[tuple[str, ...]]
    # What stands folded below them: few need it.
    rare: ClassVar[tuple[str, ...]] = ()

    name: Any = _text(gettext_lazy("Name"), gettext_lazy("Shown on the sign-in button."))
    domains: Any = forms.CharField(
        label=gettext_lazy("Email domains"), required=False, max_length=5000,
        widget=forms.Textarea(attrs=_AREA),
        help_text=gettext_lazy("One per line. If empty, all addresses are accepted."),
    )  # fmt: skip
    trusts_addresses: Any = forms.BooleanField(
        label=gettext_lazy("Addresses of these domains are verified"), required=False,
        help_text=gettext_lazy(
            "For your own provider if it does not verify addresses, such as Microsoft Entra ID."
        ),
    )  # fmt: skip
    creates_users: Any = forms.BooleanField(
        label=gettext_lazy("Create accounts for new people"), required=False,
        help_text=gettext_lazy(
            "With the role User. The provider must have verified their address."
        ),
    )  # fmt: skip
    groups_claim: Any = _text(
        gettext_lazy("Claim with groups"),
        gettext_lazy("Such as groups. If empty, sign-in does not change groups."),
    )
    groups: Any = forms.CharField(
        label=gettext_lazy("Groups and roles"), required=False, max_length=20_000,
        widget=forms.Textarea(attrs={**_AREA, "rows": 5}),
        help_text=gettext_lazy(
            "One claim value per line, with its groups and roles: hr-team = HR, Designer"
        ),
    )  # fmt: skip
    is_active: Any = forms.BooleanField(
        label=gettext_lazy("People can sign in with it"), required=False, initial=True
    )

    def given(self, *, stored: bool) -> services.ProviderSettings:
        """Return what was entered; raises Invalid for what cannot be read."""
        told = self.cleaned_data
        return services.ProviderSettings(
            kind=self.kind, name=told["name"], domains=tuple(_lines(told["domains"])),
            trusts_addresses=told["trusts_addresses"], creates_users=told["creates_users"],
            groups_claim=told["groups_claim"], groups=_groups(told["groups"]),
            is_active=told["is_active"], **self._own(stored=stored),
        )  # fmt: skip

    @abstractmethod
    def _own(self, *, stored: bool) -> dict[str, Any]:
        """Return the settings that this kind alone has."""

    def metadata_given(self) -> str:
        """Return the metadata that were given, for a kind that has some."""
        return ""

    def own_fields(self) -> list[forms.BoundField]:
        """Return the fields of this kind."""
        return [self[name] for name in self.own]

    def rare_fields(self) -> list[forms.BoundField]:
        """Return those of this kind that few need."""
        return [self[name] for name in self.rare]

    def opens_rare(self) -> bool:
        """Tell whether something stands in these, or is wrong there."""
        return any(field.value() or field.errors for field in self.rare_fields())

    def fix(self, row: IdentityProvider) -> None:
        """Show what cannot be changed of a stored provider."""
        self.fields["issuer"].widget.attrs["readonly"] = True
        self.fields["issuer"].help_text = _("Cannot be changed after creation.")


class OpenIdForm(ProviderForm):
    """An issuer of OpenID Connect."""

    kind = OPENID
    own = ("issuer", "client_id", "secret")

    issuer: Any = _text(
        gettext_lazy("Issuer"),
        gettext_lazy("Such as https://login.example.org, exactly as the provider gives it."),
    )
    client_id: Any = _text(gettext_lazy("Client ID"))
    secret: Any = forms.CharField(
        label=gettext_lazy("Client secret"), required=False, max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def _own(self, *, stored: bool) -> dict[str, Any]:
        told = self.cleaned_data
        secret = told["secret"] or (None if stored else "")
        return {"issuer": told["issuer"], "client_id": told["client_id"], "secret": secret}

    def fix(self, row: IdentityProvider) -> None:
        """Show that there is a secret, and not which."""
        super().fix(row)
        if opens(row, "secret") and row.secret:
            self.fields["secret"].help_text = _("Saved. Leave empty to keep it.")
            self.fields["secret"].widget.attrs["placeholder"] = "••••••••"


class SamlForm(ProviderForm):
    """An identity provider of SAML."""

    kind = SAML
    own = ("metadata_url", "metadata_file", "metadata", "issuer")
    rare = tuple(f"attributes-{key}" for key in ATTRIBUTES)
    titles: ClassVar[dict[str, Any]] = {
        "id": gettext_lazy("Attribute with a permanent ID"),
        "email": gettext_lazy("Attribute with the email address"),
        "verified": gettext_lazy("Attribute with its verification status"),
        "username": gettext_lazy("Attribute with the user name"),
        "name": gettext_lazy("Attribute with the full name"),
        "first_name": gettext_lazy("Attribute with the first name"),
        "last_name": gettext_lazy("Attribute with the last name"),
    }

    metadata_url: Any = _text(
        gettext_lazy("Metadata address"),
        gettext_lazy("Kianda gets new certificates from there automatically."),
    )
    metadata_file: Any = forms.FileField(
        label=gettext_lazy("Or a metadata file"), required=False, allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".xml,text/xml,application/xml"}),
    )  # fmt: skip
    metadata: Any = forms.CharField(
        label=gettext_lazy("Or pasted metadata"), required=False, max_length=MOST_BYTES,
        widget=forms.Textarea(attrs=_AREA), help_text=gettext_lazy("XML."),
    )  # fmt: skip
    issuer: Any = _text(
        gettext_lazy("Entity ID"),
        gettext_lazy("Only needed if the metadata contains more than one provider."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add a field for each attribute."""
        super().__init__(*args, **kwargs)
        for key, title in self.titles.items():
            # Each has a long name too, by which it is found as well.
            usual = ", ".join(name for name in USUAL.get(key, ()) if ":" not in name)
            help_text = (
                _("If empty: %(names)s") % {"names": usual} if usual else _("If empty: the NameID")
            )
            self.fields[f"attributes-{key}"] = _text(title, help_text)
        self.fields["groups_claim"].label = _("Attribute with groups")
        self.fields["groups"].help_text = _(
            "One attribute value per line, with its groups and roles: hr-team = HR, Designer"
        )

    def _own(self, *, stored: bool) -> dict[str, Any]:
        told = self.cleaned_data
        attributes = {key: told[f"attributes-{key}"].strip() for key in ATTRIBUTES}
        return {
            "issuer": told["issuer"].strip(), "metadata_url": told["metadata_url"].strip(),
            "attributes": {key: name for key, name in attributes.items() if name},
        }  # fmt: skip

    def metadata_given(self) -> str:
        """Return the metadata that were uploaded or pasted; raises Invalid."""
        file = self.cleaned_data["metadata_file"]
        if not file:
            return str(self.cleaned_data["metadata"])
        if file.size > MOST_BYTES:
            raise Invalid.at("/metadata_file", _("The metadata is too long."))
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            sentence = _("This is not SAML metadata: it is not valid XML.")
            raise Invalid.at("/metadata_file", sentence) from error


FORMS: dict[str, type[ProviderForm]] = {OPENID: OpenIdForm, SAML: SamlForm}


def initial(row: IdentityProvider) -> dict[str, Any]:
    """Return what stands in the form of a stored provider."""
    now = services.settings_of(row)
    groups = "\n".join(f"{value} = {', '.join(names)}" for value, names in now.groups.items())
    return {
        "name": now.name, "issuer": now.issuer, "client_id": now.client_id,
        "domains": "\n".join(now.domains), "trusts_addresses": now.trusts_addresses,
        "creates_users": now.creates_users, "metadata_url": now.metadata_url,
        "groups_claim": now.groups_claim, "groups": groups, "is_active": now.is_active,
        **{f"attributes-{key}": name for key, name in now.attributes.items()},
    }  # fmt: skip


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _groups(text: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in _lines(text):
        value, sign, names = line.rpartition("=")
        given = tuple(name.strip() for name in names.split(",") if name.strip())
        if not sign or not value.strip() or not given:
            sentence = _("Enter each line as value = group: %(line)s") % {"line": line[:80]}
            raise Invalid(errors=[Flaw("/groups", sentence)])
        found[value.strip()] = given
    return found
