/** The name of the seal's circuit, as its keys carry it; a test holds it to the prover's. */
export const SEAL_CIRCUIT = 'seal'
