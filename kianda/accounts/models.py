"""Profiles, substitutes, links, sessions, API tokens, the audit log, passwords, the canary."""

from django.conf import settings
from django.db import models

from kianda.lib.db.loading import LoadedAtOnce
from kianda.lib.secrets import EncryptedJSONField


class Profile(models.Model):
    """What belongs to a person beside the account. Without a row, the defaults hold.

    Zone, language, colours and keys are the person's own choice; where a person works is an
    administrator's.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="profile"
    )
    zone = models.CharField(max_length=64, blank=True, help_text="Empty: that of the workspace.")
    theme = models.CharField(max_length=5, blank=True, help_text="Empty: that of the system.")
    language = models.CharField(max_length=12, blank=True, help_text="Empty: that of the browser.")
    single_keys = models.BooleanField(default=True, help_text="Single letters act in the designer.")
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="reports",
        help_text="Who is deactivated stays the manager; who is deleted does not.",
    )  # fmt: skip
    department = models.CharField(max_length=150, blank=True)
    job_title = models.CharField(max_length=150, blank=True)
    phone = models.CharField(max_length=50, blank=True)
    attributes = models.JSONField(
        default=dict, help_text="What the workspace's own attributes say: name to text, none empty."
    )

    def __str__(self) -> str:
        return str(self.user)


class UserAttribute(models.Model):
    """What a workspace wants to know of its people beside what every user has."""

    name = models.CharField(max_length=64, unique=True, help_text="As in [user.cost_centre].")
    title = models.CharField(max_length=80, unique=True)

    def __str__(self) -> str:
        return self.title


class Substitution(models.Model):
    """Who stands in for a person, from a day to a day in that person's time zone.

    The row of one that has ended stays until there is another: it counts for nothing.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True,
        related_name="substitution",
    )  # fmt: skip
    substitute = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stands_in"
    )
    first_day = models.DateField()
    last_day = models.DateField(null=True, help_text="Null: until somebody ends it.")

    def __str__(self) -> str:
        return f"{self.substitute} for {self.person}"


class GroupAdministrator(models.Model):
    """Who changes the members of a group without being an Administrator."""

    group = models.ForeignKey(
        "auth.Group", on_delete=models.CASCADE, related_name="administrators", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="administered_groups"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "user"], name="one_row_per_group_administrator"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.group}"


class PasswordLink(models.Model):
    """The links by which a person sets a password: which of them hold, and who was sent one.

    Without a row no link was revoked yet.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True,
        related_name="password_link",
    )  # fmt: skip
    number = models.PositiveIntegerField(
        default=0, help_text="Links of another number were revoked."
    )
    made_at = models.DateTimeField(null=True, help_text="Null: an administrator made none.")
    sent_to = models.EmailField(blank=True, max_length=254, help_text="Empty: it was shown.")

    def __str__(self) -> str:
        return str(self.user)


class SignedInSession(models.Model):
    """Where a person is signed in: beside Django's row of the session, under the same hash."""

    key = models.CharField(max_length=40, primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="signed_in_sessions"
    )
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    address = models.CharField(max_length=45)
    agent = models.CharField(max_length=300, help_text="What the browser calls itself.")

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return f"{self.user} at {self.address}"


class SignInPolicy(models.Model):
    """How people of this workspace sign in: one row, whose defaults hold without it."""

    second_factor_roles = models.JSONField(
        default=list, help_text="Whoever has one of these roles needs a second factor."
    )
    only_single_sign_on = models.BooleanField(
        default=False, help_text="Passwords and passkeys are for Administrators alone."
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_sign_in_policy")]

    def __str__(self) -> str:
        return ", ".join(self.second_factor_roles)


class IdentityProvider(models.Model):
    """Who vouches for people of this workspace at the sign-in, by OpenID Connect or SAML."""

    slug = models.SlugField(max_length=40, unique=True, help_text="Stands in its addresses.")
    kind = models.CharField(max_length=20, default="openid_connect", help_text="Fixed.")
    name = models.CharField(max_length=80, help_text="What the button at the sign-in says.")
    issuer = models.CharField(
        max_length=500, help_text="Fixed: people are known by it. SAML calls it the entity ID."
    )
    client_id = models.CharField(max_length=191, blank=True)
    secret = EncryptedJSONField(
        null=True, bound_to=["slug"], help_text="Null: a client without a secret."
    )
    domains = models.JSONField(
        default=list, help_text="Of which addresses it may speak; empty: of all."
    )
    trusts_addresses = models.BooleanField(
        default=False, help_text="Addresses of its domains count as verified where it says nothing."
    )
    creates_users = models.BooleanField(default=False)
    groups_claim = models.CharField(max_length=300, blank=True)
    groups = models.JSONField(
        default=dict, help_text="Value of the claim: the groups and roles that it gives."
    )
    metadata_url = models.CharField(
        max_length=500, blank=True, help_text="SAML: where it publishes what follows."
    )
    sign_in_url = models.CharField(
        max_length=500, blank=True, help_text="SAML: where people sign in."
    )
    certificates = models.JSONField(
        default=list, help_text="SAML: those that it signs with, each in base64."
    )
    attributes = models.JSONField(
        default=dict, help_text="SAML: what is known of a person, by which attribute."
    )
    is_active = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=1)
    created = models.DateTimeField()
    modified = models.DateTimeField()

    class Meta:
        ordering = ["name", "slug"]

    def __str__(self) -> str:
        return self.name


class ApiToken(LoadedAtOnce):
    """A bearer token of the REST API. Only its SHA-256 is stored."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8, help_text="The first characters, to recognise it by.")
    scopes = models.JSONField(default=list, help_text="Empty: all that the user may do.")
    created = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class IdempotencyRecord(models.Model):
    """The first answer to a request with an Idempotency-Key, kept for 24 hours."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, help_text="Null while it is running.")
    made = models.CharField(
        max_length=200, blank=True, help_text="What the request has made, though not answered yet."
    )
    holder = models.CharField(
        max_length=36, blank=True, help_text="Which process is at work on it."
    )
    headers = models.JSONField(default=dict)
    body = EncryptedJSONField(null=True, bound_to=["user", "key"])
    created = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_idempotency_key")
        ]


class AuditEntry(models.Model):
    """Who changed which object, and when. Kept when the user or the object is gone."""

    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    user_name = models.CharField(max_length=150)
    action = models.CharField(max_length=40, help_text="created, changed, published, deleted ...")
    kind = models.CharField(max_length=40, help_text="datasource, process, scheduled task ...")
    name = models.CharField(max_length=200)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]


class PasswordTry(models.Model):
    """What was tried for an account from an address and was not right: passwords, codes, mails."""

    what = models.CharField(max_length=10, default="password", help_text="What was tried.")
    place = models.CharField(max_length=45, help_text="The address; of IPv6 its network.")
    account = models.CharField(max_length=64, help_text="A digest of the user name as typed.")
    tries = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["what", "place", "account"], name="one_row_per_tried_account"
            )
        ]
        indexes = [models.Index(fields=["what", "account"], name="tries_by_account")]


class Canary(models.Model):
    """A known text under the key ring, by which a wrong ring is noticed at start."""

    text = EncryptedJSONField()
