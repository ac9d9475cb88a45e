"""Django's own apps and its table of migrations."""

from __future__ import annotations

from migrakit.filters.presets.listed import listed, made

__all__ = ["django"]

django = listed(
    "django",
    "Django 5.2.19",
    made(
        relations="""
            auth_group auth_group_permissions auth_permission auth_user auth_user_groups auth_user_user_permissions
            django_admin_log django_content_type django_flatpage django_flatpage_sites django_migrations django_redirect
            django_session django_site
        """
    ),
)
"""What ``django.contrib`` makes (admin, auth, contenttypes, flatpages, redirects, sessions, sites), and
``django_migrations``. A project's own apps are not among it."""
