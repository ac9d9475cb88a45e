"""PostGIS, with its raster, topology and Tiger geocoder extensions."""

from __future__ import annotations

from migrakit.filters.presets.listed import listed, made

__all__ = ["postgis"]

postgis = listed(
    "postgis",
    "PostGIS 3.3.2",
    made(
        relations="""
            geography_columns geometry_columns raster_columns raster_overviews spatial_ref_sys us_gaz us_lex
        """,
        shapes=(("us_rules", "id rule is_custom"),),
    ),
    made("topology", relations="layer topology"),
    made(
        "tiger",
        relations="""
            addr addrfeat bg county county_lookup countysub_lookup cousub direction_lookup edges faces featnames
            geocode_settings geocode_settings_default loader_lookuptables loader_platform loader_variables pagc_gaz
            pagc_lex pagc_rules place place_lookup secondary_unit_lookup state state_lookup street_type_lookup tabblock
            tabblock20 tract zcta5 zip_lookup zip_lookup_all zip_lookup_base zip_state zip_state_loc
        """,
    ),
    schemas="tiger_data tiger_staging",
)
"""The tables and views of PostGIS: ``spatial_ref_sys`` and its like in any schema, those of the extensions topology and
Tiger geocoder in theirs. ``tiger_data``, which its loader fills, is PostGIS's as a whole."""
