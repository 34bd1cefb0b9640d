/** A private account opening: what its owner and the venue know, and nobody else. */
export interface Account {
  /** 32 bits, unique in the book. */
  readonly accountId: number
  /** Ethereum address of the owner as an integer of 160 bits. */
  readonly owner: bigint
  /** Uniform in [0, 2^248); shared by owner and venue; never shown to a liquidator. */
  readonly secret: bigint
  /** Grows by one with every change of the account; 40 bits. */
  readonly nonce: bigint
  readonly positions: readonly Position[]
}

/** A signed quantity of one instrument; strictly increasing ids and non-zero quantities within an account. */
export interface Position {
  readonly id: number
  readonly quantityLots: bigint
}
