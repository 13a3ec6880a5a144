/** Why a message never reaches its customer: the connector said so for good, or could not be reached for too long. */
export type DeliveryFailure = 'refused' | 'expired'
