// The text of each file of Infra/queries by its name, which local/page.sh puts here.

export const files = {};
