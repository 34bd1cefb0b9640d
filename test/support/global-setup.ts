/** Builds what the tests share, once: filled in as circuits and contracts get their builders. */
export default async function setup(): Promise<void> {}
