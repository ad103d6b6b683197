"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table('audit_entry',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('verb', sa.Text(), nullable=False),
    sa.Column('subject_kind', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('scope_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('text_digest', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry'))
    )
    op.create_index(op.f('ix_audit_entry_actor_id'), 'audit_entry', ['actor_id'], unique=False)
    op.create_index('ix_audit_entry_subject', 'audit_entry', ['subject_kind', 'subject_id', 'id'], unique=False)
    op.create_table('erasure',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_erasure'))
    )
    op.create_table('form_key',
    sa.Column('key', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('location', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_form_key'))
    )
    op.create_index('ix_form_key_at', 'form_key', ['at'], unique=False)
    op.create_table('job_slot',
    sa.Column('job', sa.Text(), nullable=False),
    sa.Column('slot', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('job', 'slot', name=op.f('pk_job_slot'))
    )
    op.create_table('organisation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('ecosoc_status', sa.Text(), nullable=False),
    sa.Column('ganhri_status', sa.Text(), nullable=False),
    sa.Column('country', sa.Text(), nullable=True),
    sa.Column('head', sa.Text(), nullable=True),
    sa.Column('website', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation'))
    )
    op.create_index('ix_organisation_name', 'organisation', ['name'], unique=False)
    op.create_table('promise',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('task', sa.Text(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('key', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=False),
    sa.Column('offered_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease', sa.Uuid(), nullable=True),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('refusals', sa.Integer(), nullable=False),
    sa.Column('kept_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('parked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.CheckConstraint('kept_at IS NULL OR parked_at IS NULL', name=op.f('ck_promise_kept_or_parked')),
    sa.CheckConstraint('tries >= 0', name=op.f('ck_promise_tries_not_negative')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_promise')),
    sa.UniqueConstraint('key', name=op.f('uq_promise_key'))
    )
    op.create_index('ix_promise_due', 'promise', ['not_before'], unique=False, postgresql_where='kept_at IS NULL AND parked_at IS NULL')
    op.create_index('ix_promise_parked', 'promise', ['parked_at'], unique=False, postgresql_where='parked_at IS NOT NULL')
    op.create_table('questionnaire',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Enum('registration', 'funding', 'survey', 'call_for_input', name='purpose', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('scope_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('original_language', sa.Text(), nullable=False),
    sa.Column('draft', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lock', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_questionnaire'))
    )
    op.create_index(op.f('ix_questionnaire_scope_id'), 'questionnaire', ['scope_id'], unique=False)
    op.create_table('revision',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_revision'))
    )
    op.create_table('seal_key',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=True),
    sa.Column('master', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('destroyed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seal_key'))
    )
    op.create_table('series',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('title', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('summary', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('original_language', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_series')),
    sa.UniqueConstraint('slug', name=op.f('uq_series_slug'))
    )
    op.create_table('audit_seal',
    sa.Column('entry_id', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('chain', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['audit_entry.id'], name=op.f('fk_audit_seal_entry_id_audit_entry')),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_audit_seal')),
    sa.UniqueConstraint('position', name=op.f('uq_audit_seal_position'))
    )
    op.create_table('audit_text',
    sa.Column('entry_id', sa.BigInteger(), nullable=False),
    sa.Column('salt', sa.LargeBinary(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['audit_entry.id'], name=op.f('fk_audit_text_entry_id_audit_entry')),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_audit_text'))
    )
    op.create_table('event',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('series_id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('forum', 'regional_forum', 'dialogue', 'seminar', 'training', 'knowledge_exchange', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('mode', sa.Enum('in_person', 'hybrid', 'online', name='mode', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('publication', sa.Enum('draft', 'published', 'cancelled', name='publication', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('original_language', sa.Text(), nullable=False),
    sa.Column('title', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('lead', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('description', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('practical', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('access_services', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('city', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('venue', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('country', sa.Text(), nullable=True),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('interpretation', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('copied_from_id', sa.Uuid(), nullable=True),
    sa.Column('cancelled_reason', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('last_day >= first_day', name=op.f('ck_event_days_in_order')),
    sa.ForeignKeyConstraint(['copied_from_id'], ['event.id'], name=op.f('fk_event_copied_from_id_event'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['series_id'], ['series.id'], name=op.f('fk_event_series_id_series')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event')),
    sa.UniqueConstraint('code', name=op.f('uq_event_code')),
    sa.UniqueConstraint('slug', name=op.f('uq_event_slug'))
    )
    op.create_index('ix_event_days', 'event', ['first_day'], unique=False)
    op.create_index(op.f('ix_event_series_id'), 'event', ['series_id'], unique=False)
    op.create_table('mail',
    sa.Column('promise_id', sa.BigInteger(), nullable=False),
    sa.Column('message_id', sa.Text(), nullable=False),
    sa.Column('template', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['promise_id'], ['promise.id'], name=op.f('fk_mail_promise_id_promise'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('promise_id', name=op.f('pk_mail')),
    sa.UniqueConstraint('message_id', name=op.f('uq_mail_message_id'))
    )
    op.create_table('person',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_latin', sa.Text(), nullable=True),
    sa.Column('alias', sa.Text(), nullable=True),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('nationality', sa.Text(), nullable=True),
    sa.Column('residence', sa.Text(), nullable=True),
    sa.Column('discreet', sa.Boolean(), nullable=False),
    sa.Column('managed_by_id', sa.Uuid(), nullable=True),
    sa.Column('seal_key_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('email = lower(email)', name=op.f('ck_person_email_lower')),
    sa.ForeignKeyConstraint(['managed_by_id'], ['person.id'], name=op.f('fk_person_managed_by_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['seal_key_id'], ['seal_key.id'], name=op.f('fk_person_seal_key_id_seal_key')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('email', name=op.f('uq_person_email'))
    )
    op.create_index(op.f('ix_person_managed_by_id'), 'person', ['managed_by_id'], unique=False)
    op.create_index('ix_person_name', 'person', ['name'], unique=False)
    op.create_table('questionnaire_text',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('questionnaire_id', sa.Uuid(), nullable=False),
    sa.Column('item', sa.Text(), nullable=False),
    sa.Column('part', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('source_digest', sa.Text(), nullable=False),
    sa.Column('texts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['questionnaire_id'], ['questionnaire.id'], name=op.f('fk_questionnaire_text_questionnaire_id_questionnaire'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_questionnaire_text')),
    sa.UniqueConstraint('questionnaire_id', 'item', 'part', 'source_digest', name=op.f('uq_questionnaire_text_questionnaire_id_item_part_source_digest'))
    )
    op.create_table('questionnaire_version',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('questionnaire_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('definition', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('number > 0', name=op.f('ck_questionnaire_version_number_positive')),
    sa.ForeignKeyConstraint(['questionnaire_id'], ['questionnaire.id'], name=op.f('fk_questionnaire_version_questionnaire_id_questionnaire')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_questionnaire_version')),
    sa.UniqueConstraint('questionnaire_id', 'number', name=op.f('uq_questionnaire_version_questionnaire_id_number'))
    )
    op.create_table('stored_file',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('storage_key', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('seal_key_id', sa.Uuid(), nullable=True),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['seal_key_id'], ['seal_key.id'], name=op.f('fk_stored_file_seal_key_id_seal_key')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_file')),
    sa.UniqueConstraint('storage_key', name=op.f('uq_stored_file_storage_key'))
    )
    op.create_index(op.f('ix_stored_file_owner_id'), 'stored_file', ['owner_id'], unique=False)
    op.create_table('affiliation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Text(), nullable=True),
    sa.Column('is_main', sa.Boolean(), nullable=False),
    sa.Column('since', sa.Date(), nullable=True),
    sa.Column('until', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_affiliation_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_affiliation_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_affiliation')),
    sa.UniqueConstraint('person_id', 'organisation_id', name=op.f('uq_affiliation_person_id_organisation_id'))
    )
    op.create_index('ix_affiliation_main', 'affiliation', ['person_id'], unique=True, postgresql_where='is_main')
    op.create_index(op.f('ix_affiliation_organisation_id'), 'affiliation', ['organisation_id'], unique=False)
    op.create_table('answer_set',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('seal_key_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['seal_key_id'], ['seal_key.id'], name=op.f('fk_answer_set_seal_key_id_seal_key')),
    sa.ForeignKeyConstraint(['version_id'], ['questionnaire_version.id'], name=op.f('fk_answer_set_version_id_questionnaire_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_set'))
    )
    op.create_index(op.f('ix_answer_set_owner_id'), 'answer_set', ['owner_id'], unique=False)
    op.create_index(op.f('ix_answer_set_version_id'), 'answer_set', ['version_id'], unique=False)
    op.create_table('consent',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('channel', sa.Enum('list_of_participants', 'list_of_speakers', 'webcast_image', 'photo', 'statement_publication', 'share_with_host_partner', 'share_with_other_participants', 'statistics', 'future_contact', name='channel', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=True),
    sa.Column('given', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_consent_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent'))
    )
    op.create_index('ix_consent_newest', 'consent', ['person_id', 'channel', 'event_id', 'at'], unique=False)
    op.create_table('deadline',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('announced_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_deadline_event_id_event'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deadline'))
    )
    op.create_index(op.f('ix_deadline_event_id'), 'deadline', ['event_id'], unique=False)
    op.create_table('document',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('symbol', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('title', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('original_language', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('publication', sa.Enum('draft', 'published', 'cancelled', name='publication', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_document_event_id_event'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document'))
    )
    op.create_index(op.f('ix_document_event_id'), 'document', ['event_id'], unique=False)
    op.create_table('email_change',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('new_email', sa.Text(), nullable=False),
    sa.Column('salt', sa.LargeBinary(), nullable=False),
    sa.Column('old_hash', sa.LargeBinary(), nullable=False),
    sa.Column('new_hash', sa.LargeBinary(), nullable=False),
    sa.Column('old_agreed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('new_agreed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_email_change_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_email_change'))
    )
    op.create_index(op.f('ix_email_change_person_id'), 'email_change', ['person_id'], unique=False)
    op.create_table('feed',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('salt', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_feed_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feed')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_feed_token_hash'))
    )
    op.create_index('ix_feed_live', 'feed', ['person_id'], unique=True, postgresql_where='revoked_at IS NULL')
    op.create_index(op.f('ix_feed_person_id'), 'feed', ['person_id'], unique=False)
    op.create_table('kept_post',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_kept_post_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kept_post')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_kept_post_token_hash'))
    )
    op.create_index(op.f('ix_kept_post_person_id'), 'kept_post', ['person_id'], unique=False)
    op.create_table('recovery_code',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('code_hash', sa.LargeBinary(), nullable=False),
    sa.Column('spent_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_recovery_code_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_code'))
    )
    op.create_index(op.f('ix_recovery_code_person_id'), 'recovery_code', ['person_id'], unique=False)
    op.create_table('registration_setup',
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('questionnaire_id', sa.Uuid(), nullable=True),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('grace_hours', sa.Integer(), nullable=False),
    sa.Column('needs_accreditation', sa.Boolean(), nullable=False),
    sa.Column('seat_at', sa.Enum('submission', 'accreditation', name='seat_at', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=True),
    sa.Column('seats_taken', sa.Integer(), nullable=False),
    sa.Column('waiting_list', sa.Boolean(), nullable=False),
    sa.Column('answer_within_days', sa.Integer(), nullable=False),
    sa.CheckConstraint('capacity IS NULL OR seats_taken <= capacity', name=op.f('ck_registration_setup_seats_within_capacity')),
    sa.CheckConstraint('closes_at > opens_at', name=op.f('ck_registration_setup_closes_after_opening')),
    sa.CheckConstraint('seats_taken >= 0', name=op.f('ck_registration_setup_seats_not_negative')),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_registration_setup_event_id_event'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['questionnaire_id'], ['questionnaire.id'], name=op.f('fk_registration_setup_questionnaire_id_questionnaire')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_registration_setup'))
    )
    op.create_table('role_grant',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Enum('admin', 'organiser', 'accreditation_officer', 'check_in', 'rapporteur', 'fund_officer', 'fund_reviewer', 'board_member', 'approver', 'finance', 'commitment_reviewer', 'host_partner', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('scope_kind', sa.Enum('all', 'series', 'event', 'call', name='scope_kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('scope_id', sa.Uuid(), nullable=True),
    sa.Column('granted_by_id', sa.Uuid(), nullable=True),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(scope_kind = 'all') = (scope_id IS NULL)", name=op.f('ck_role_grant_scope_has_id')),
    sa.ForeignKeyConstraint(['granted_by_id'], ['person.id'], name=op.f('fk_role_grant_granted_by_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_role_grant_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grant'))
    )
    op.create_index('ix_role_grant_open', 'role_grant', ['person_id', 'role', 'scope_kind', 'scope_id'], unique=True, postgresql_where='revoked_at IS NULL', postgresql_nulls_not_distinct=True)
    op.create_table('room',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('name', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=True),
    sa.Column('step_free', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_room_event_id_event'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room'))
    )
    op.create_index(op.f('ix_room_event_id'), 'room', ['event_id'], unique=False)
    op.create_table('search_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('object_id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('plain', sa.Text(), nullable=False),
    sa.Column('vector', postgresql.TSVECTOR(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_search_entry_event_id_event'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_entry')),
    sa.UniqueConstraint('kind', 'object_id', 'language', name=op.f('uq_search_entry_kind_object_id_language'))
    )
    op.create_index(op.f('ix_search_entry_event_id'), 'search_entry', ['event_id'], unique=False)
    op.create_index(op.f('ix_search_entry_object_id'), 'search_entry', ['object_id'], unique=False)
    op.create_index('ix_search_entry_plain', 'search_entry', ['plain'], unique=False, postgresql_using='gin', postgresql_ops={'plain': 'gin_trgm_ops'})
    op.create_index('ix_search_entry_vector', 'search_entry', ['vector'], unique=False, postgresql_using='gin')
    op.create_table('second_factor',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_step', sa.Integer(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('tries_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('codes_kept_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_second_factor_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_second_factor'))
    )
    op.create_table('sign_in_request',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('link_hash', sa.LargeBinary(), nullable=False),
    sa.Column('code_hash', sa.LargeBinary(), nullable=False),
    sa.Column('browser_hash', sa.LargeBinary(), nullable=True),
    sa.Column('salt', sa.LargeBinary(), nullable=False),
    sa.Column('next_url', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('link_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('code_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('code_tries', sa.Integer(), nullable=False),
    sa.Column('spent_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('code_tries BETWEEN 0 AND 5', name=op.f('ck_sign_in_request_five_tries')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_sign_in_request_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_request'))
    )
    op.create_index('ix_sign_in_request_browser', 'sign_in_request', ['browser_hash', 'created_at'], unique=False)
    op.create_index('ix_sign_in_request_email', 'sign_in_request', ['email', 'created_at'], unique=False)
    op.create_index('ix_sign_in_request_link', 'sign_in_request', ['link_hash'], unique=True)
    op.create_index(op.f('ix_sign_in_request_person_id'), 'sign_in_request', ['person_id'], unique=False)
    op.create_table('web_session',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('browser', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('second_factor_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('is_half', sa.Boolean(), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_web_session_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_web_session'))
    )
    op.create_index('ix_web_session_person', 'web_session', ['person_id'], unique=False)
    op.create_index('ix_web_session_token', 'web_session', ['token_hash'], unique=True)
    op.create_table('answer',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('answer_set_id', sa.Uuid(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('value', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('delete_after', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('value IS NULL OR sealed IS NULL', name=op.f('ck_answer_open_or_sealed')),
    sa.ForeignKeyConstraint(['answer_set_id'], ['answer_set.id'], name=op.f('fk_answer_answer_set_id_answer_set'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer')),
    sa.UniqueConstraint('answer_set_id', 'question', name=op.f('uq_answer_answer_set_id_question'))
    )
    op.create_index('ix_answer_delete_after', 'answer', ['delete_after'], unique=False, postgresql_where='delete_after IS NOT NULL')
    op.create_table('document_version',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('document_id', sa.Uuid(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('file_id', sa.Uuid(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_document_version_document_id_document'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_document_version_file_id_stored_file')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document_version')),
    sa.UniqueConstraint('document_id', 'language', 'number', name=op.f('uq_document_version_document_id_language_number'))
    )
    op.create_table('registration',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('filed_by_id', sa.Uuid(), nullable=True),
    sa.Column('answer_set_id', sa.Uuid(), nullable=True),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Enum('draft', 'submitted', 'awaiting_focal_point', 'under_review', 'info_requested', 'waitlisted', 'offered', 'accredited', 'badge_issued', 'attended', 'no_show', 'declined', 'withdrawn', 'revoked', 'expired', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('has_seat', sa.Boolean(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.Column('category', sa.Text(), nullable=True),
    sa.Column('attendance_mode', sa.Text(), nullable=True),
    sa.Column('country', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['answer_set_id'], ['answer_set.id'], name=op.f('fk_registration_answer_set_id_answer_set')),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_registration_event_id_event')),
    sa.ForeignKeyConstraint(['filed_by_id'], ['person.id'], name=op.f('fk_registration_filed_by_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_registration_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_registration_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration')),
    sa.UniqueConstraint('event_id', 'person_id', name=op.f('uq_registration_event_id_person_id')),
    sa.UniqueConstraint('reference', name=op.f('uq_registration_reference'))
    )
    op.create_index('ix_registration_desk', 'registration', ['event_id', 'state', 'submitted_at'], unique=False)
    op.create_index(op.f('ix_registration_organisation_id'), 'registration', ['organisation_id'], unique=False)
    op.create_index('ix_registration_person', 'registration', ['person_id'], unique=False)
    op.create_table('session',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.Enum('plenary', 'panel', 'side_event', 'briefing', 'break', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('publication', sa.Enum('draft', 'published', 'cancelled', name='publication', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('title', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('summary', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('description', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('starts_local', sa.DateTime(), nullable=False),
    sa.Column('ends_local', sa.DateTime(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('starts_fold', sa.Integer(), nullable=False),
    sa.Column('ends_fold', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('join_link', sa.Text(), nullable=True),
    sa.Column('interpretation', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('access_services', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('chosen_beforehand', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_session_ends_after_start')),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_session_event_id_event'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['room_id'], ['room.id'], name=op.f('fk_session_room_id_room'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_session'))
    )
    op.create_index('ix_session_event_start', 'session', ['event_id', 'starts_at'], unique=False)
    op.create_table('agenda_item',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('title', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['session_id'], ['session.id'], name=op.f('fk_agenda_item_session_id_session'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agenda_item'))
    )
    op.create_index(op.f('ix_agenda_item_session_id'), 'agenda_item', ['session_id'], unique=False)
    op.create_table('calendar_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('uid', sa.Text(), nullable=False),
    sa.Column('related_uid', sa.Text(), nullable=True),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('dtstamp', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_modified', sa.DateTime(timezone=True), nullable=False),
    sa.Column('status', sa.Enum('TENTATIVE', 'CONFIRMED', 'CANCELLED', name='status', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('starts_local', sa.DateTime(), nullable=False),
    sa.Column('ends_local', sa.DateTime(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('starts_fold', sa.Integer(), nullable=False),
    sa.Column('ends_fold', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('location_digest', sa.LargeBinary(), nullable=False),
    sa.Column('text_digest', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint('sequence >= 0', name=op.f('ck_calendar_entry_sequence_not_negative')),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_calendar_entry_event_id_event'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['session_id'], ['session.id'], name=op.f('fk_calendar_entry_session_id_session'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_entry')),
    sa.UniqueConstraint('uid', name=op.f('uq_calendar_entry_uid'))
    )
    op.create_index(op.f('ix_calendar_entry_event_id'), 'calendar_entry', ['event_id'], unique=False)
    op.create_index('ix_calendar_entry_live', 'calendar_entry', ['session_id'], unique=True, postgresql_where="status <> 'CANCELLED'")
    op.create_index('ix_calendar_entry_session', 'calendar_entry', ['session_id'], unique=False)
    op.create_index(op.f('ix_calendar_entry_starts_at'), 'calendar_entry', ['starts_at'], unique=False)
    op.create_table('chosen_session',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('choice', sa.Enum('going', 'maybe', name='choice', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_chosen_session_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['session_id'], ['session.id'], name=op.f('fk_chosen_session_session_id_session'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', 'session_id', name=op.f('pk_chosen_session'))
    )
    op.create_table('panellist',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('function', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['session_id'], ['session.id'], name=op.f('fk_panellist_session_id_session'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_panellist'))
    )
    op.create_index(op.f('ix_panellist_session_id'), 'panellist', ['session_id'], unique=False)
    op.create_table('entry_blob',
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('audience', sa.Enum('public', 'neutral', name='audience', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('zone', sa.Text(), nullable=True),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['calendar_entry.id'], name=op.f('fk_entry_blob_entry_id_calendar_entry'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('entry_id', 'language', 'audience', name=op.f('pk_entry_blob'))
    )
    op.create_table('invite',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('salt', sa.LargeBinary(), nullable=False),
    sa.Column('raised', sa.Integer(), nullable=False),
    sa.Column('partstat', sa.Enum('NEEDS-ACTION', 'ACCEPTED', 'DECLINED', 'TENTATIVE', name='partstat', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answer_dtstamp', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['calendar_entry.id'], name=op.f('fk_invite_entry_id_calendar_entry'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_invite_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invite')),
    sa.UniqueConstraint('entry_id', 'person_id', name=op.f('uq_invite_entry_id_person_id')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invite_token_hash'))
    )
    op.create_index(op.f('ix_invite_person_id'), 'invite', ['person_id'], unique=False)
    op.create_table('invite_mail',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('invite_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('dtstamp', sa.DateTime(timezone=True), nullable=False),
    sa.Column('method', sa.Enum('REQUEST', 'CANCEL', name='method', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['invite_id'], ['invite.id'], name=op.f('fk_invite_mail_invite_id_invite'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invite_mail')),
    sa.UniqueConstraint('invite_id', 'sequence', 'dtstamp', 'method', name=op.f('uq_invite_mail_invite_id_sequence_dtstamp_method'))
    )


def downgrade() -> None:
    op.drop_table('invite_mail')
    op.drop_index(op.f('ix_invite_person_id'), table_name='invite')
    op.drop_table('invite')
    op.drop_table('entry_blob')
    op.drop_index(op.f('ix_panellist_session_id'), table_name='panellist')
    op.drop_table('panellist')
    op.drop_table('chosen_session')
    op.drop_index(op.f('ix_calendar_entry_starts_at'), table_name='calendar_entry')
    op.drop_index('ix_calendar_entry_session', table_name='calendar_entry')
    op.drop_index('ix_calendar_entry_live', table_name='calendar_entry', postgresql_where="status <> 'CANCELLED'")
    op.drop_index(op.f('ix_calendar_entry_event_id'), table_name='calendar_entry')
    op.drop_table('calendar_entry')
    op.drop_index(op.f('ix_agenda_item_session_id'), table_name='agenda_item')
    op.drop_table('agenda_item')
    op.drop_index('ix_session_event_start', table_name='session')
    op.drop_table('session')
    op.drop_index('ix_registration_person', table_name='registration')
    op.drop_index(op.f('ix_registration_organisation_id'), table_name='registration')
    op.drop_index('ix_registration_desk', table_name='registration')
    op.drop_table('registration')
    op.drop_table('document_version')
    op.drop_index('ix_answer_delete_after', table_name='answer', postgresql_where='delete_after IS NOT NULL')
    op.drop_table('answer')
    op.drop_index('ix_web_session_token', table_name='web_session')
    op.drop_index('ix_web_session_person', table_name='web_session')
    op.drop_table('web_session')
    op.drop_index(op.f('ix_sign_in_request_person_id'), table_name='sign_in_request')
    op.drop_index('ix_sign_in_request_link', table_name='sign_in_request')
    op.drop_index('ix_sign_in_request_email', table_name='sign_in_request')
    op.drop_index('ix_sign_in_request_browser', table_name='sign_in_request')
    op.drop_table('sign_in_request')
    op.drop_table('second_factor')
    op.drop_index('ix_search_entry_vector', table_name='search_entry', postgresql_using='gin')
    op.drop_index('ix_search_entry_plain', table_name='search_entry', postgresql_using='gin', postgresql_ops={'plain': 'gin_trgm_ops'})
    op.drop_index(op.f('ix_search_entry_object_id'), table_name='search_entry')
    op.drop_index(op.f('ix_search_entry_event_id'), table_name='search_entry')
    op.drop_table('search_entry')
    op.drop_index(op.f('ix_room_event_id'), table_name='room')
    op.drop_table('room')
    op.drop_index('ix_role_grant_open', table_name='role_grant', postgresql_where='revoked_at IS NULL', postgresql_nulls_not_distinct=True)
    op.drop_table('role_grant')
    op.drop_table('registration_setup')
    op.drop_index(op.f('ix_recovery_code_person_id'), table_name='recovery_code')
    op.drop_table('recovery_code')
    op.drop_index(op.f('ix_kept_post_person_id'), table_name='kept_post')
    op.drop_table('kept_post')
    op.drop_index(op.f('ix_feed_person_id'), table_name='feed')
    op.drop_index('ix_feed_live', table_name='feed', postgresql_where='revoked_at IS NULL')
    op.drop_table('feed')
    op.drop_index(op.f('ix_email_change_person_id'), table_name='email_change')
    op.drop_table('email_change')
    op.drop_index(op.f('ix_document_event_id'), table_name='document')
    op.drop_table('document')
    op.drop_index(op.f('ix_deadline_event_id'), table_name='deadline')
    op.drop_table('deadline')
    op.drop_index('ix_consent_newest', table_name='consent')
    op.drop_table('consent')
    op.drop_index(op.f('ix_answer_set_version_id'), table_name='answer_set')
    op.drop_index(op.f('ix_answer_set_owner_id'), table_name='answer_set')
    op.drop_table('answer_set')
    op.drop_index(op.f('ix_affiliation_organisation_id'), table_name='affiliation')
    op.drop_index('ix_affiliation_main', table_name='affiliation', postgresql_where='is_main')
    op.drop_table('affiliation')
    op.drop_index(op.f('ix_stored_file_owner_id'), table_name='stored_file')
    op.drop_table('stored_file')
    op.drop_table('questionnaire_version')
    op.drop_table('questionnaire_text')
    op.drop_index('ix_person_name', table_name='person')
    op.drop_index(op.f('ix_person_managed_by_id'), table_name='person')
    op.drop_table('person')
    op.drop_table('mail')
    op.drop_index(op.f('ix_event_series_id'), table_name='event')
    op.drop_index('ix_event_days', table_name='event')
    op.drop_table('event')
    op.drop_table('audit_text')
    op.drop_table('audit_seal')
    op.drop_table('series')
    op.drop_table('seal_key')
    op.drop_table('revision')
    op.drop_index(op.f('ix_questionnaire_scope_id'), table_name='questionnaire')
    op.drop_table('questionnaire')
    op.drop_index('ix_promise_parked', table_name='promise', postgresql_where='parked_at IS NOT NULL')
    op.drop_index('ix_promise_due', table_name='promise', postgresql_where='kept_at IS NULL AND parked_at IS NULL')
    op.drop_table('promise')
    op.drop_index('ix_organisation_name', table_name='organisation')
    op.drop_table('organisation')
    op.drop_table('job_slot')
    op.drop_index('ix_form_key_at', table_name='form_key')
    op.drop_table('form_key')
    op.drop_table('erasure')
    op.drop_index('ix_audit_entry_subject', table_name='audit_entry')
    op.drop_index(op.f('ix_audit_entry_actor_id'), table_name='audit_entry')
    op.drop_table('audit_entry')
