"""What Supabase's services keep in a project's database."""

from __future__ import annotations

from migrakit.filters.presets.listed import listed, made

__all__ = ["supabase"]

_AUTH = made(
    "auth",
    relations="""
        audit_log_entries custom_oauth_providers flow_state identities instances mfa_amr_claims mfa_challenges
        mfa_factors oauth_authorizations oauth_client_states oauth_clients oauth_consents one_time_tokens
        refresh_tokens saml_providers saml_relay_states schema_migrations sessions sso_domains sso_providers users
        webauthn_challenges webauthn_credentials
    """,
    functions="email jwt role uid",
    types="""
        aal_level code_challenge_method factor_status factor_type oauth_authorization_status oauth_client_type
        oauth_registration_type oauth_response_type one_time_token_type
    """,
)
_REALTIME = made(
    "realtime",
    relations="messages schema_migrations subscription",
    functions="""
        apply_rls broadcast_changes build_prepared_statement_sql cast check_equality_op is_visible_through_filters
        list_changes quote_wal2json send send_binary subscription_check_filters to_regrole topic
        wal2json_escape_identifier
    """,
    types="action equality_op user_defined_filter wal_column wal_rls",
    generated=r"messages_\d{4}_\d{2}_\d{2}",
)
_STORAGE = made(
    "storage",
    relations="""
        buckets buckets_analytics buckets_vectors iceberg_namespaces iceberg_tables migrations objects
        s3_multipart_uploads s3_multipart_uploads_parts vector_indexes
    """,
    functions="""
        allow_any_operation allow_only_operation can_insert_object enforce_bucket_name_length extension filename
        foldername get_common_prefix get_size_by_bucket list_multipart_uploads_with_delimiter
        list_objects_with_delimiter operation protect_delete search search_by_timestamp search_v2
        update_updated_at_column
    """,
    types="buckettype",
)

supabase = listed(
    "supabase",
    "Supabase (Postgres 17.6.1.135)",
    _AUTH,
    _REALTIME,
    _STORAGE,
    made("_realtime", relations="extensions feature_flags schema_migrations tenants"),
    made(
        "extensions",
        functions="""
            grant_pg_cron_access grant_pg_graphql_access grant_pg_net_access pgrst_ddl_watch pgrst_drop_watch
            set_graphql_placeholder
        """,
    ),
    made("graphql_public", functions="graphql"),
    made("net", relations="_http_response http_request_queue"),
    made("pgbouncer", functions="get_auth"),
    made("vault", relations="decrypted_secrets secrets"),
    schemas="supabase_functions supabase_migrations",
)
"""What Supabase makes in ``auth``, ``storage``, ``realtime`` and its other schemas, name by name: what stands beside it
is yours. ``supabase_functions`` and ``supabase_migrations`` are Supabase's as a whole."""
