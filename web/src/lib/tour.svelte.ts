// The guided tour: which step it is at. Where each step points to and what it says: parts/Tour.svelte.
class Tour {
  at = $state(-1);

  start(): void {
    location.hash = "#/";
    this.at = 0;
  }

  end(): void {
    this.at = -1;
    localStorage.setItem("citybelt.toured", "yes");
  }
}

export const tour = new Tour();
