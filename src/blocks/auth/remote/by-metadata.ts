/** In which the platform says to auth in another process who acts; what others say in it means nothing. */
export const byMetadata = "reef-by";
