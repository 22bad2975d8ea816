"""The ways of authentication. This union is the only list of them."""

from typing import Annotated

from pydantic import Field

from datasources.auth.api_key import ApiKeyAuth
from datasources.auth.base import AuthScheme
from datasources.auth.basic import BasicAuth
from datasources.auth.bearer import BearerAuth
from datasources.auth.headers import HeadersAuth
from datasources.auth.instance_token import InstanceTokenAuth
from datasources.auth.none import NoAuth
from datasources.auth.oauth2 import OAuth2Auth
from kianda.lib.kinds import Registry

AnyAuthScheme = Annotated[
    NoAuth | BasicAuth | BearerAuth | ApiKeyAuth | HeadersAuth | OAuth2Auth | InstanceTokenAuth,
    Field(discriminator="scheme"),
]
auth_schemes = Registry[AuthScheme](AnyAuthScheme)

__all__ = ["AnyAuthScheme", "AuthScheme", "auth_schemes"]
