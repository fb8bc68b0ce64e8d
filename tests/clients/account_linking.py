"""Links an account as Alexa's servers do, with Authlib: authorisation code with PKCE, refresh, revocation.

Usage: account_linking.py SERVER CLIENT_ID CLIENT_SECRET LOGIN PASSWORD REDIRECT. Prints what the server gave as JSON.
"""
import html.parser
import json
import secrets
import sys

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client

server, client_id, client_secret, login, password, redirect = sys.argv[1:]


class Form(html.parser.HTMLParser):
    """The fields of the page's form, as a browser would send them."""

    def __init__(self, text):
        super().__init__()
        self.fields, self.action = {}, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            assert attrs["method"] == "post"
            self.action = attrs["action"]
        if tag == "input":
            self.fields[attrs["name"]] = attrs.get("value") or ""


def session():
    return OAuth2Client(client_id, client_secret, redirect_uri=redirect, scope="shop", code_challenge_method="S256",
                        token_endpoint_auth_method="client_secret_basic", trust_env=False)


def signed_in(oauth):
    """The address that a browser is sent back to."""
    verifier = secrets.token_urlsafe(48)
    address, _ = oauth.create_authorization_url(f"{server}/oauth/authorize", code_verifier=verifier)
    with httpx.Client(trust_env=False) as browser:
        page = browser.get(address)
        assert page.status_code == 200, page.text
        form = Form(page.text)
        answer = browser.post(server + form.action, data={**form.fields, "login": login, "password": password})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"], verifier


def refused(what, act):
    try:
        act()
    except OAuthError as error:
        assert error.error == "invalid_grant", error
    else:
        raise SystemExit(f"{what} was accepted")


oauth = session()
location, verifier = signed_in(oauth)
# The state is compared by Authlib.
first = oauth.fetch_token(f"{server}/oauth/token", authorization_response=location, code_verifier=verifier)
assert first["token_type"] == "Bearer" and first["expires_in"] == 3600 and first["scope"] == "shop", first
second = oauth.refresh_token(f"{server}/oauth/token", refresh_token=first["refresh_token"])
assert second["refresh_token"] != first["refresh_token"] and second["access_token"] != first["access_token"]

stolen = session()
location, verifier = signed_in(stolen)
refused("a code with another's verifier",
        lambda: stolen.fetch_token(f"{server}/oauth/token", authorization_response=location, code_verifier="x" * 43))

ended = session()
location, verifier = signed_in(ended)
token = ended.fetch_token(f"{server}/oauth/token", authorization_response=location, code_verifier=verifier)
assert ended.revoke_token(f"{server}/oauth/revoke", token=token["refresh_token"]).status_code == 200
refused("a revoked token", lambda: ended.refresh_token(f"{server}/oauth/token", refresh_token=token["refresh_token"]))

print(json.dumps({"first": first, "second": second, "revoked": token}))
