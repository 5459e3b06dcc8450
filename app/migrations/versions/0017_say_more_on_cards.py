"""Let a card say what to ask about, and what not to offer."""

from alembic import op

revision = "0017"
down_revision = "0016"

FIELDS = (
    "'role', 'company', 'what_i_do', 'who_for', 'looking_for', 'can_offer', 'ask_me_about', 'not_for_me', "
    "'email', 'phone', 'link'"
)


def upgrade() -> None:
    with op.batch_alter_table("card_fields") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_card_fields_name_known"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_card_fields_name_known"), f"name IN ({FIELDS})")
